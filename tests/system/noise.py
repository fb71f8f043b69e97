"""Times on a machine that others use, too: one stall is theirs, two of three are ours."""

from collections.abc import Callable
from statistics import median

_PLAYS = 3


def assert_under(limit: float, play: Callable[[], float]) -> None:
    """See that what a play returns, in seconds, is under `limit`: at once, or in two of three plays."""
    taken = [play()]
    while taken[0] >= limit and len(taken) < _PLAYS:
        taken.append(play())
    assert median(taken) < limit, f"{', '.join(f'{seconds:.2f} s' for seconds in taken)}; allowed are {limit} s"
