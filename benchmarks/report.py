"""The report: sections with tables and bars, as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

_INTRODUCTION = """\
# How fast it is, and what it takes

Made by `make bench`, which measures everything below in one run on one machine and writes this file. A figure says
little about another machine; the ratios do, for both sides of each were measured in turns on the same one.
`python -m benchmarks --help` lists the parts; `--quick` shows in two minutes that everything works.
"""


@dataclass(frozen=True)
class Bar:
    """Something measured, and what it must be.

    Attributes:
        what: what was measured.
        measured: what came out.
        limit: what it must not exceed, or must reach where `at_least`.
        unit: what both are counted in; nothing for a ratio.
        at_least: whether more is better.
    """

    what: str
    measured: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is as it must be."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True)
class Table:
    """Rows of text under their columns' names; the first column is text, the others are numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Findings:
    """What one part has measured.

    Attributes:
        tables: what came out.
        bars: what must hold.
        missing: why nothing was measured; empty where it was.
    """

    tables: Sequence[Table] = ()
    bars: Sequence[Bar] = ()
    missing: str = ""


@dataclass(frozen=True)
class Section:
    """One part's findings under their heading; `about` says what was done, and what the lines mean."""

    title: str
    about: str
    findings: Findings


def render(sections: Sequence[Section], machine: Iterable[tuple[str, str]]) -> str:
    """Return the report: the verdicts first, then each section, then the machine that all of it was measured on."""
    blocks = [_INTRODUCTION, "## Verdicts\n", _verdicts(sections)]
    for section in sections:
        blocks += [f"## {section.title}\n", f"{section.about}\n"]
        blocks += [f"Not measured: {section.findings.missing}\n"] if section.findings.missing else []
        blocks += [_markdown(table) for table in section.findings.tables]
    blocks += ["## The machine\n", _markdown(Table(["what", "which"], [*machine]))]
    return "\n".join(blocks)


def _verdicts(sections: Sequence[Section]) -> str:
    rows = [_verdict(bar) for section in sections for bar in section.findings.bars]
    rows += [[section.title, "not measured", "", "?"] for section in sections if section.findings.missing]
    return _markdown(Table(["what", "measured", "bar", "met"], rows))


def _verdict(bar: Bar) -> list[str]:
    unit = f" {bar.unit}" if bar.unit else ""
    limit = f"{'at least' if bar.at_least else 'at most'} {bar.limit:g}{unit}"
    return [bar.what, f"{number(bar.measured)}{unit}", limit, "yes" if bar.is_met else "**no**"]


def number(value: float) -> str:
    """Return a number with three significant digits or all before the point: 0.0123, 4.56, 78.9, 12,345."""
    digits = 2 - floor(log10(abs(value))) if value else 0
    return f"{value:,.{max(digits, 0)}f}"


def _markdown(table: Table) -> str:
    ruler = ["---", *["---:"] * (len(table.columns) - 1)]
    lines = [table.columns, ruler, *table.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
