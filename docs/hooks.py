"""What MkDocs is told beside mkdocs.yml: pages from outside docs/, and where links to the repository's files lead."""

import posixpath
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
}
"""Where documents of the repository that do not lie in docs/ stand in the site."""

MERMAID = "assets/mermaid.js"
"""The program that draws diagrams; without it the theme would fetch one from elsewhere."""


def site_path(path: str) -> str | None:
    """Return where a file of the repository stands in the site's sources; None if it is no part of the site."""
    if path in PAGES:
        return PAGES[path]
    inside = path.startswith("docs/") and (ROOT / path).is_file()
    return path.removeprefix("docs/") if inside else None


class _Links(Treeprocessor):
    """Leads links, which hold in the repository, to pages of the site, or to the repository where there is none."""

    repository = ""
    page = "index.md"

    def run(self, root: Element) -> None:
        for element in root.iter():
            name = {"a": "href", "img": "src"}.get(element.tag)
            if name and (link := element.get(name)):
                element.set(name, self._led(link))

    def _led(self, link: str) -> str:
        target, hash_, anchor = link.partition("#")
        if not target or ":" in target:
            return link
        source = next((path for path, page in PAGES.items() if page == self.page), f"docs/{self.page}")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if page := site_path(path):
            return posixpath.relpath(page, posixpath.dirname(self.page) or ".") + hash_ + anchor
        if (ROOT / path).exists():
            return f"{self.repository}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path}{hash_}{anchor}"
        return link  # which MkDocs then finds to lead nowhere


class _LinksExtension(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        md.treeprocessors.register(_LINKS, "links", 10)  # after links are elements (20), before MkDocs sees them (0)


_LINKS = _Links()


def on_config(config: MkDocsConfig) -> None:
    """Have links led, and all pages of a folder stand in the navigation where it asks for them."""
    extensions: list[Any] = config.markdown_extensions
    extensions.append(_LinksExtension())
    _LINKS.repository = str(config.repo_url)
    _expand(config.nav)


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add what lies outside docs/."""
    outside = {page: path for path, page in PAGES.items()} | {
        MERMAID: "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
    }
    for name, path in outside.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))


def on_page_markdown(_markdown: str, *, page: Page, **_: Any) -> None:
    """Remember whose links come next."""
    _LINKS.page = page.file.src_uri


def on_page_content(html: str, *, page: Page, **_: Any) -> str | None:
    """Bring what draws diagrams to the pages that have some."""
    if 'class="mermaid"' not in html:
        return None
    return f'{html}\n<script src="{posixpath.relpath(MERMAID, posixpath.dirname(page.url) or ".")}"></script>'


def _expand(entries: Any) -> None:
    """Put the pages of a folder in the place of `folder/*`."""
    for entry in entries:
        for title, below in entry.items():
            if isinstance(below, list):
                _expand(below)
            elif below.endswith("/*"):
                folder = ROOT / "docs" / below.removesuffix("/*")
                entry[title] = [path.relative_to(ROOT / "docs").as_posix() for path in sorted(folder.glob("*.md"))]
