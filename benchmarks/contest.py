"""Contestants on one machine, side by side: they take turns, so that whatever else the machine does meets them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load
from benchmarks.baseline.processes import processes
from benchmarks.load import Load
from benchmarks.plan import Plan
from rehearsal.mariadb import MariaDB
from rehearsal.steps import say
from rehearsal.system import System

_WARM_UP_SECONDS = 1


@dataclass(frozen=True)
class Opponents:
    """The baseline and the application, over the five first users in one database.

    Attributes:
        baseline: where the baseline's NGINX answers.
        system: the application.
        queries: counts the SELECT statements that the database has run.
    """

    baseline: str
    system: System
    queries: Callable[[], int]


@dataclass(frozen=True)
class Result:
    """What a contestant came to.

    Attributes:
        load: the medians of its turns.
        queries: SELECT statements a request, over all its turns.
    """

    load: Load
    queries: float


@contextmanager
def opponents(home: Path, *, edit: Callable[[str], str] = str) -> Iterator[Opponents]:
    """Run both sides; `edit` changes the configuration of the application's NGINX."""
    with ExitStack() as running:
        server = running.enter_context(MariaDB(home / "mariadb"))
        system = running.enter_context(System(home, server.uri(), edit=edit))
        theirs = processes(home / "baseline", server.uri())
        for process in theirs:
            running.callback(process.stop)
            process.start()
        yield Opponents(theirs[-1].url, system, lambda: _selects(server))


def take_turns(
    urls: Mapping[str, str], plan: Plan, *, connections: int = 32, queries: Callable[[], int] = lambda: 0
) -> dict[str, Result]:
    """Load each URL in turn, for as many rounds as planned; a turn's first second, after its pause, does not count.

    Args:
        urls: the contestants by their names.
        plan: how many rounds, and how long a turn takes.
        connections: how many ask at once.
        queries: counts the statements that the database has run.

    Returns:
        The results by the contestants' names, in their order.
    """
    loads: dict[str, list[Load]] = {name: [] for name in urls}
    asked = dict.fromkeys(urls, 0)
    for turn in range(1, plan.rounds + 1):
        for name, url in urls.items():
            load.run(url, seconds=_WARM_UP_SECONDS, connections=connections)
            before = queries()
            measured = load.run(url, seconds=plan.seconds, connections=connections)
            asked[name] += queries() - before
            loads[name].append(measured)
            say(f"    {turn}/{plan.rounds} {name:<36} {measured.rate:>9,.0f}/s  p99 {measured.p99 * 1000:>7.2f} ms")
    middles = {name: Load.middle(turns) for name, turns in loads.items()}
    return {name: Result(middle, asked[name] / middle.requests) for name, middle in middles.items()}


def _selects(server: MariaDB) -> int:
    """Return how many SELECT statements the server has run."""
    return int(server.sql("SHOW GLOBAL STATUS LIKE 'Com_select'").split()[-1])
