"""Processes whose time is stopped: they keep their connections and answer none."""

from collections.abc import Iterable
from time import monotonic, sleep

import psutil

from rehearsal import RehearsalError

_PATIENCE = 10.0  # seconds, on a busy machine
_LOOK_SECONDS = 0.001


def freeze(processes: Iterable[psutil.Process]) -> None:
    """Stop the processes' time, and return once it stands still.

    A signal that was sent has not arrived: the other threads go on answering until the main one has taken it, which
    stops them all before itself.

    Raises:
        RehearsalError: one goes on.
    """
    end = monotonic() + _PATIENCE
    for process in processes:
        process.suspend()
        while process.status() != psutil.STATUS_STOPPED:
            if monotonic() > end:
                raise RehearsalError(f"process {process.pid} goes on though it was told to stop")
            sleep(_LOOK_SECONDS)


def thaw(processes: Iterable[psutil.Process]) -> None:
    """Let frozen processes go on."""
    for process in processes:
        process.resume()
