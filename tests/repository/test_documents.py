"""What the documents refer to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))
TEST = re.compile(r"`([\w./-]+\.py)::(\w+)`")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)")
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


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = [link for link in LINK.findall((ROOT / document).read_text("utf-8")) if link]
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []
