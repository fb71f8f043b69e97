"""The documents' site as people meet it: diagrams are drawn, code shows whole, and nothing comes from elsewhere."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from docs.hooks import site_path
from tests.browser.conftest import log
from tests.repository.documents import ROOT, documents, tokens

pytestmark = pytest.mark.full

DIAGRAMS = {
    document: count
    for document in documents()
    if (count := sum(token.type == "fence" and token.info == "mermaid" for token in tokens(document)))
}
WITH_CODE = [
    document
    for document in documents()
    if any(token.type == "fence" and token.info != "mermaid" for token in tokens(document))
]
COLUMNS = 120
SCREEN = 1440 - 15  # pixels, but for those of the window's scroll bar

SCROLLING = """
return [...document.querySelectorAll('pre > code')]
  .filter((code) => code.textContent.split('\\n').every((line) => line.length <= arguments[0]))
  .filter((code) => code.scrollWidth > code.clientWidth)
  .map((code) => code.textContent)
"""


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
    browser.get(_page(site, document))
    drawn = "return [...document.querySelectorAll('div.mermaid')].filter(box => box.offsetHeight > 100).length"
    WebDriverWait(browser, 20).until(lambda _: browser.execute_script(drawn) == DIAGRAMS[document])
    assert _fetched_from_elsewhere(browser) == []


@pytest.mark.parametrize("document", WITH_CODE)
def test_code_shows_whole_on_a_common_screen(document: str, site: Path, browser: Chrome) -> None:
    browser.set_window_size(SCREEN, 900)
    browser.get(_page(site, document))
    assert browser.execute_script("return innerWidth") == SCREEN
    assert browser.find_elements("css selector", "pre > code")
    assert browser.execute_script(SCROLLING, COLUMNS) == []


def test_the_header_leads_to_the_repository_and_asks_its_host_nothing(site: Path, browser: Chrome) -> None:
    browser.get(_page(site, "README.md"))
    shown = [link for link in browser.find_elements("css selector", "header a.md-source") if link.is_displayed()]
    assert [link.get_attribute("href") for link in shown] == ["https://github.com/example/slipway"]
    assert _fetched_from_elsewhere(browser) == []


def _page(site: Path, document: str) -> str:
    """Return the address of a document's page."""
    return (site / (site_path(document) or document)).with_suffix(".html").as_uri()


def _fetched_from_elsewhere(browser: Chrome) -> list[str]:
    asked = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    addresses = [item["params"]["request"]["url"] for item in asked if item["method"] == "Network.requestWillBeSent"]
    assert addresses
    return [address for address in addresses if not address.startswith(("file:", "data:", "blob:"))]
