"""The documents' site: built without a warning, it shows what GitHub shows, and fetches nothing from elsewhere."""

import os
import re
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docs.hooks import PAGES
from tests.repository.documents import ROOT, documents, tokens

SEEN = ("h1", "h2", "h3", "ol", "ul", "li", "table", "tr", "pre", "code", "img", "strong", "em")
"""Elements by which it shows whether a text is understood as it is meant."""


class _Reader(HTMLParser):
    """Counts the elements of a page, and lists its text without spaces, and what a browser fetches or is led to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SEEN:
            self.elements[tag] += 1
        given = dict(attrs)
        self.links += [given["href"] or ""] if tag == "a" and "href" in given else []
        self.fetched += [given[name] or "" for name in ("src", "href") if name in given and tag != "a"]

    def handle_data(self, data: str) -> None:
        self.text += "".join(data.split())


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a warning fails that."""
    folder = tmp_path_factory.mktemp("site")
    command = ["mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def page_of(document: str) -> str:
    """Return where a document of the repository stands in the site."""
    return PAGES.get(document, document.removeprefix("docs/")).removesuffix(".md") + ".html"


def article(site: Path, document: str) -> str:
    """Return what the page of a document shows of it."""
    html = (site / page_of(document)).read_text("utf-8")
    (found,) = re.findall(r"<article[^>]*>(.*)</article>", html, re.DOTALL)
    return str(found)


def test_nothing_is_missing_from_the_site(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
    assert pages == {page_of(document) for document in documents()}
    start = _Reader((site / "index.html").read_text("utf-8")).links
    assert {link.split("#")[0] for link in start} >= pages - {"index.html"}, "the navigation leads to every page"


@pytest.mark.parametrize("document", documents())
def test_a_page_is_understood_as_on_github(document: str, site: Path) -> None:
    github = MarkdownIt("commonmark").enable("table").render((ROOT / document).read_text("utf-8"))
    here, there = _Reader(article(site, document)), _Reader(github)
    assert here.elements == there.elements
    assert here.text.replace("\N{PILCROW SIGN}", "") == there.text  # headings carry the sign as their link


@pytest.mark.parametrize("document", documents())
def test_a_page_fetches_nothing_from_elsewhere(document: str, site: Path) -> None:
    page = site / page_of(document)
    fetched = _Reader(page.read_text("utf-8")).fetched
    assert fetched
    assert [link for link in fetched if not (page.parent / link.split("?")[0].split("#")[0]).exists()] == []


def test_every_page_links_the_repository_without_what_asks_its_host_for_stars(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text("utf-8")
        assert "https://github.com/example/slipway" in _Reader(html).links, page
        assert 'data-md-component="source"' not in html, page


def test_a_link_to_a_file_that_is_no_page_leads_to_the_repository(site: Path) -> None:
    links = _Reader(article(site, "README.md")).links
    assert "https://github.com/example/slipway/blob/main/cdk.json" in links
    assert "https://github.com/example/slipway/tree/main/bootstrap" in links
    assert "rehearsal.html" in links


def test_pages_with_diagrams_bring_what_draws_them(site: Path) -> None:
    drawn = {document for document in documents() if any(token.info == "mermaid" for token in tokens(document))}
    assert drawn
    brought = {document for document in documents() if "assets/mermaid.js" in article(site, document)}
    assert brought == drawn
    assert (site / "assets/mermaid.js").stat().st_size > 1_000_000
