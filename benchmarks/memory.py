"""Memory of a service's workers, in megabytes."""

from dataclasses import dataclass

from rehearsal.system import Process

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Memory:
    """What workers take.

    Attributes:
        resident: the most that one of them has in memory, what it shares with others included (RSS).
        proportional: what all of them take together, where each shared page counts once (PSS).
    """

    resident: float
    proportional: float


def of_workers(process: Process) -> Memory:
    """Return what the workers of a service take right now."""
    told = [worker.memory_full_info() for worker in process.workers()]
    return Memory(max(one.rss for one in told) / _MEGABYTE, sum(one.pss for one in told) / _MEGABYTE)
