"""What we build on is supported; three months before it no longer is, every run of the tests says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.repository.support import ROWS, Row, UnsupportedError

EXAMPLE = Row(
    what="Thing",
    file="pins.txt",
    pattern=r"thing==(\d+)\.",
    version="3",
    source="https://thing.example/support",
    checked=date(2026, 1, 1),
    end=date(2027, 5, 31),
)


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    """Return a folder that pins version 3 of the thing."""
    (tmp_path / "pins.txt").write_text("thing==3.1\n")
    return tmp_path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_version_is_supported(row: Row, record_property: Callable[[str, object], None]) -> None:
    if warning := row.check(date.today()):
        record_property("warning", warning)


def test_every_row_says_where_its_end_comes_from_or_why_there_is_none() -> None:
    assert [row.what for row in ROWS if not row.source.startswith("https://")] == []
    assert [row.what for row in ROWS if row.end is None and not row.note] == []
    assert [row.what for row in ROWS if row.end and row.end <= row.checked] == []


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2027, 3, 1)])
def test_nothing_is_said_while_there_is_time(today: date, pins: Path) -> None:
    assert EXAMPLE.check(today, pins) == ""


@pytest.mark.parametrize("today", [date(2027, 3, 2), date(2027, 5, 31)])
def test_ninety_days_before_the_end_it_is_told(today: date, pins: Path) -> None:
    assert EXAMPLE.check(today, pins) == (
        "Thing: support of 3, pinned in pins.txt, ends on 2027-05-31 (https://thing.example/support)"
    )


def test_after_the_end_it_fails(pins: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"^Thing: support of 3, .* ended on 2027-05-31"):
        EXAMPLE.check(date(2027, 6, 1), pins)


def test_without_an_announced_end_nothing_is_said(pins: Path) -> None:
    assert replace(EXAMPLE, end=None).check(date(2099, 1, 1), pins) == ""


@pytest.mark.parametrize(("text", "found"), [("thing==4.0\n", "4"), ("other==3.1\n", "nothing")])
def test_a_row_about_another_version_than_the_pinned_one_fails(text: str, found: str, pins: Path) -> None:
    (pins / "pins.txt").write_text(text)
    with pytest.raises(UnsupportedError, match=f"pins {found}, docs/support.toml speaks of 3; look up"):
        EXAMPLE.check(date(2026, 1, 1), pins)
