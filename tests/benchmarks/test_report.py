"""A reader of the report sees what was measured, what was asked for, and whether it is so."""

import pytest

from benchmarks.report import Bar, Findings, Section, Table, number, render


@pytest.mark.parametrize(
    ("bar", "met"),
    [
        (Bar("", 5, 5, at_least=True), True),
        (Bar("", 4.99, 5, at_least=True), False),
        (Bar("", 0.25, 0.25), True),
        (Bar("", 0.26, 0.25), False),
    ],
)
def test_a_bar_is_met_where_it_is_reached_and_not_passed(bar: Bar, met: bool) -> None:
    assert bar.is_met is met


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (0.3, "0.300"),
        (4.567, "4.57"),
        (78.94, "78.9"),
        (123.4, "123"),
        (29_512.7, "29,513"),
    ],
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text


def test_the_verdicts_come_first_with_their_bars() -> None:
    findings = Findings(
        tables=[Table(["", "requests/s"], [["baseline", "161"], ["ours", "900"]])],
        bars=[Bar("rate", 5.59, 5, at_least=True), Bar("start", 1.6, 1.5, "s")],
    )
    lines = render([Section("Speed", "What was done.", findings)], [("processor", "fast")]).splitlines()
    rows = [
        "| rate | 5.59 | at least 5 | yes |",
        "| start | 1.60 s | at most 1.5 s | **no** |",
        "What was done.",
        "| ours | 900 |",
        "| processor | fast |",
    ]
    assert [line for line in lines if line in rows] == rows


def test_what_was_not_measured_is_no_success() -> None:
    text = render([Section("Images", "What was done.", Findings(missing="no Podman here"))], [])
    assert "| Images | not measured |  | ? |" in text
    assert "Not measured: no Podman here" in text
    assert "yes" not in text


def test_tables_are_markdown_with_numbers_to_the_right() -> None:
    findings = Findings(tables=[Table(["what", "a", "b"], [["x", "1", "2"]])])
    text = render([Section("Title", "About.", findings)], [])
    assert "\n| what | a | b |\n| --- | ---: | ---: |\n| x | 1 | 2 |\n" in text
