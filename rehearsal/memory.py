"""What the rehearsal takes of this machine's memory, pages that several processes share counted once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psutil

from rehearsal.environment import survivors

_MEBIBYTE = 1024 * 1024
_LOOK_SECONDS = 1.0


class Peak:
    """The most that was taken while somebody looked.

    Attributes:
        mebibytes: how much that was.
    """

    def __init__(self) -> None:
        self.mebibytes = 0.0

    def look(self) -> None:
        """Look now, at what we have started, too."""
        self.mebibytes = max(self.mebibytes, _sum({*survivors(), *_ours()}))


def now() -> float:
    """Return the MiB that everything takes which goes on."""
    return _sum(set(survivors()))


@contextmanager
def watched() -> Iterator[Peak]:
    """Look every second, for as long as the block runs."""
    peak, over = Peak(), Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            peak.look()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _ours() -> list[psutil.Process]:
    this = psutil.Process()
    return [this, *this.children(recursive=True)]


def _sum(processes: set[psutil.Process]) -> float:
    taken = 0
    for process in processes:
        try:
            taken += process.memory_full_info().pss
        except psutil.Error:  # it has ended meanwhile
            continue
    return taken / _MEBIBYTE
