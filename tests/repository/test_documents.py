"""What the documents refer to is there."""

import re
from urllib.parse import urlsplit

import pytest

from tests.repository.documents import ROOT, anchors, documents, links, tokens

TEST = re.compile(r"`([\w./-]+\.py)::(\w+)`")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(SECURITY))))
def test_every_test_that_the_security_document_names_exists(path: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_every_row_of_threats_names_a_test() -> None:
    (table,) = re.findall(r"^\| threat .*\n\|[-|]+\n((?:\|.*\n)+)", SECURITY, re.MULTILINE)
    rows = table.splitlines()
    assert len(rows) > 10
    assert [row for row in rows if not TEST.search(row)] == []


def test_every_file_that_the_security_document_names_exists() -> None:
    named = set(FILE.findall(SECURITY))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", documents())
def test_every_link_leads_to_a_file_and_to_one_heading_in_it(document: str) -> None:
    """Two headings that are called alike have anchors that GitHub and the site name differently."""
    broken = []
    for link in links(document):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (ROOT / document).parent.joinpath(parts.path).resolve() if parts.path else ROOT / document
        found = target.is_relative_to(ROOT) and target.exists()
        if found and parts.fragment:
            found = target.suffix == ".md" and anchors(str(target.relative_to(ROOT))).count(parts.fragment) == 1
        if not found:
            broken.append(link)
    assert broken == []


def test_links_to_headings_are_seen() -> None:
    assert "#who-may-do-what" in links("docs/ci.md")
    assert "docs/diagrams/architecture.svg" in links("README.md")
    assert "database-cpu" in anchors("docs/runbook/alarms.md")


@pytest.mark.parametrize("document", documents())
def test_every_script_that_a_document_names_exists(document: str) -> None:
    named = {token.content for token in tokens(document) if token.type == "code_inline"}
    scripts = {name for name in named if re.fullmatch(r"ci/[a-z][\w.-]*", name)}
    assert [name for name in scripts if not (ROOT / name).exists()] == []
