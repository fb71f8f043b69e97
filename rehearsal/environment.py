"""What our processes are told by their environment, and how they are found again by it."""

from os import environ

import psutil

from rehearsal import ROOT, STATE

MARK = "SLIPWAY_STATE"
"""Environment variable that tells a clone's processes from all others, and from another clone's."""


_OF_MACHINE = ("PATH", "HOME", "LANG", "CONTAINERS_CONF", "CONTAINERS_REGISTRIES_CONF")


def of_machine() -> dict[str, str]:
    """Return what a process needs of this machine's environment; whatever else a shell holds stays out."""
    return {name: environ[name] for name in _OF_MACHINE if name in environ}


def marked() -> dict[str, str]:
    """Return the mark of this clone's processes, which their children inherit."""
    return {MARK: str(ROOT / STATE)}


def survivors() -> list[psutil.Process]:
    """Return this clone's processes, whoever has started them and whether that one still lives."""
    found = []
    for process in psutil.process_iter():
        try:
            if marked().items() <= process.environ().items():
                found.append(process)
        except psutil.Error:  # it has ended, or is another user's
            continue
    return found
