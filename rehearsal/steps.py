"""Progress: each step is announced and timed, in the manner of ci/step, which installs what comes before."""

from collections.abc import Iterator
from contextlib import contextmanager
from sys import stdout
from time import monotonic

from rehearsal import STATE

_RECORD = STATE / "steps.tsv"
"""The steps of this run, ci/step's too: name, verdict, seconds, note."""


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once, also when the output is a pipe."""
    stdout.write(text + end)
    stdout.flush()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, and say how long it took once it has succeeded."""
    overwrite = stdout.isatty()
    say(f"  {name:<28} ...", end="" if overwrite else "\n")
    begin = monotonic()
    try:
        yield
    except BaseException:
        say("\r" if overwrite else "", end="")
        say(f"  {name:<28} FAILED")
        raise
    seconds = monotonic() - begin
    say("\r" if overwrite else "", end="")
    say(f"  {name:<28} {'ok':<8} {seconds:>6.1f} s")
    with _RECORD.open("a") as record:
        record.write(f"{name}\tok\t{seconds:.1f}\t\n")


def total_seconds() -> float:
    """Return how long all steps of this run took, the installation's too."""
    return sum(float(line.split("\t")[2]) for line in _RECORD.read_text().splitlines())
