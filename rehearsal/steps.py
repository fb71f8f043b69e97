"""Progress: each step is announced, timed, and remembered for the table at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from sys import stdout
from time import monotonic

from rehearsal import STATE

_RECORD = STATE / "steps.tsv"
"""Shared with ci/step, which records the installation that comes before."""


def say(text: str = "") -> None:
    """Print a line at once, also when the output is a pipe."""
    stdout.write(f"{text}\n")
    stdout.flush()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, and say how long it took once it has succeeded."""
    say(f"  {name:<28} ...")
    begin = monotonic()
    yield
    seconds = f"{monotonic() - begin:.1f}"
    say(f"  {name:<28} {'done':<8} {seconds:>6} s")
    with _RECORD.open("a") as record:
        record.write(f"{name}\tdone\t{seconds}\t\n")


def recorded() -> list[tuple[str, str]]:
    """Return every step of this run, the installation's too, as (name, seconds)."""
    rows = [line.split("\t") for line in _RECORD.read_text().splitlines()] if _RECORD.exists() else []
    return [(row[0], row[2]) for row in rows]
