"""Progress: each step is announced and timed, in the manner of ci/step, which installs what comes before."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from sys import stdout
from time import monotonic

from rehearsal import STATE

_RECORD = STATE / "steps.tsv"
"""The steps of this run, ci/step's too: name, verdict, seconds, note."""

_WIDTH = 28
"""Of a step's name."""

_CLEAR = "\r\033[K"
"""Takes back what stands in a terminal's last line."""


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once, also when the output is a pipe."""
    stdout.write(text + end)
    stdout.flush()


class Progress:
    """What a step that takes long tells on its way."""

    def __init__(self, name: str) -> None:
        """Begin with the step's name."""
        self._name = f"  {name:<{_WIDTH}}"
        self._overwrite = stdout.isatty()
        say(f"{self._name} ...", end="" if self._overwrite else "\n")

    def show(self, word: str) -> None:
        """Show, where there is a terminal, how far it is, until the next word."""
        if self._overwrite:
            width = shutil.get_terminal_size().columns
            say(f"{_CLEAR}{f'{self._name} ... {word}'[: width - 1]}", end="")

    def note(self, part: str, verdict: str, seconds: float) -> None:
        """Say for good how a part of it ended."""
        self._say(f"    {part:<{_WIDTH - 2}}", verdict, seconds)
        if self._overwrite:
            say(f"{self._name} ...", end="")

    def end(self, verdict: str, seconds: float) -> None:
        """Say how it ended."""
        self._say(self._name, verdict, seconds)

    def _say(self, name: str, verdict: str, seconds: float) -> None:
        say(f"{_CLEAR if self._overwrite else ''}{name} {verdict:<10} {seconds:>6.1f} s")


@contextmanager
def step(name: str) -> Iterator[Progress]:
    """Announce a step, and say how long it took; yields what tells of its progress."""
    progress, begin = Progress(name), monotonic()
    try:
        yield progress
    except BaseException:
        progress.end("FAILED", monotonic() - begin)
        raise
    seconds = monotonic() - begin
    progress.end("ok", seconds)
    with _RECORD.open("a") as record:
        record.write(f"{name}\tok\t{seconds:.1f}\t\n")


def total_seconds() -> float:
    """Return how long all steps of this run took, the installation's too."""
    return sum(float(line.split("\t")[2]) for line in _RECORD.read_text().splitlines())
