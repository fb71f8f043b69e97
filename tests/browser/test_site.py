"""The documents' site as people meet it: its diagrams are drawn, with nothing from elsewhere."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.conftest import log
from tests.repository.documents import ROOT, documents, tokens

pytestmark = pytest.mark.full

DIAGRAMS = {
    document: count
    for document in documents()
    if (count := sum(token.type == "fence" and token.info == "mermaid" for token in tokens(document)))
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site."""
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = ["mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return folder


@pytest.mark.parametrize("document", DIAGRAMS)
def test_diagrams_are_drawn_and_nothing_is_fetched_from_elsewhere(document: str, site: Path, browser: Chrome) -> None:
    browser.get((site / document.removeprefix("docs/")).with_suffix(".html").as_uri())
    drawn = "return [...document.querySelectorAll('div.mermaid')].filter(box => box.offsetHeight > 100).length"
    WebDriverWait(browser, 20).until(lambda _: browser.execute_script(drawn) == DIAGRAMS[document])
    asked = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    addresses = [item["params"]["request"]["url"] for item in asked if item["method"] == "Network.requestWillBeSent"]
    assert addresses
    assert [address for address in addresses if not address.startswith(("file:", "data:", "blob:"))] == []
