"""How much is measured: the whole run, whose figures count, and a short one, which shows that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The size of a run.

    Attributes:
        rounds: how often each contestant has its turn.
        seconds: how long a turn takes.
        users: how many rows the large table has.
        starts: how often each service is started.
    """

    rounds: int
    seconds: int
    users: int
    starts: int


FULL = Plan(rounds=5, seconds=5, users=10_000_000, starts=5)
QUICK = Plan(rounds=2, seconds=2, users=200_000, starts=2)
