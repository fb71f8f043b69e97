"""What 32 connections meet while something breaks: quick, honest answers, no lost write, and a quick recovery."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from uuid import uuid4

import pytest

from rehearsal import mariadb
from rehearsal.mariadb import MariaDB
from rehearsal.system import Process, System
from tests.system.client import get
from tests.system.load import Answer, Load, Request
from tests.system.noise import assert_under

pytestmark = pytest.mark.scene

Figure = Callable[[str], None]

WARM_UP, OUTAGE, AFTERWARDS = 2.0, 10.0, 5.0
SLOWEST = 1.0
"""Seconds that no request takes longer than, whatever is broken."""

RECOVERY = 3.0
"""Seconds after which all is as before."""


@dataclass
class Breakable:
    """A system of the test's own, and its database."""

    database: MariaDB
    system: System

    def names(self) -> set[str]:
        """Return every user, from the database itself."""
        return set(self.database.sql("SELECT userName FROM users", schema="users").split())


def without_copies(text: str) -> str:
    """Turn the cache off, so that every request asks the database."""
    assert "proxy_cache pages;" in text
    return text.replace("proxy_cache pages;", "proxy_cache off;")


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Breakable]:
    if not mariadb.available():
        pytest.skip(mariadb.MISSING)
    with (
        TemporaryDirectory() as home,
        MariaDB(Path(home)) as database,
        System(tmp_path, database.uri(), edit=without_copies) as system,
    ):
        yield Breakable(database, system)


def reads_and_writes(run: str) -> Callable[[int], Request]:
    """Make three reads of a page for each new user of this run."""

    def request(number: int) -> Request:
        if number % 4:
            return Request("GET", "/backend?limit=50")
        return Request("POST", "/backend", json.dumps({"userName": f"{run}-{number}"}).encode())

    return request


def acknowledged(load: Load) -> set[str]:
    return {json.loads(answer.request.body)["userName"] for answer in load.answers if answer.status == 201}


def page_views(_: int) -> Request:
    return Request("GET", "/")


def summary(what: str, answers: list[Answer]) -> str:
    """Say in one line how the answers went."""
    statuses = dict(sorted(Counter(answer.status for answer in answers).items()))
    reasons = dict(Counter(answer.reason for answer in answers if answer.reason).most_common(3))
    slowest = max((answer.seconds for answer in answers), default=0.0)
    return f"{what}: {len(answers)} answers {statuses} {reasons or ''}, slowest {slowest:.2f} s"


def judge(load: Load, began: float, ended: float, figure: Figure) -> float:
    """See that the outage was answered honestly and over soon after its cause was; return the slowest answer's time."""
    before = [answer for answer in load.answers if answer.ended < began]
    during = [answer for answer in load.answers if answer.ended >= began and answer.sent < ended]
    after = load.between(ended + RECOVERY, monotonic())
    for what, answers in (("before", before), ("during", during), ("after", after)):
        message = summary(what, answers)
        figure(message)
        assert len(answers) > 100, message
    assert {answer.status for answer in before} <= {200, 201}
    assert {answer.status for answer in during} <= {200, 201, 503}
    assert 503 in {answer.status for answer in during}
    assert all(answer.retry_after for answer in during if answer.status == 503)
    assert {answer.status for answer in after} <= {200, 201}
    back = [answer.ended for answer in load.between(ended, monotonic()) if answer.status == 200]
    figure(f"back after {min(back) - ended:.2f} s")
    return slowest(load)


def slowest(load: Load) -> float:
    """Return how long the slowest answer took."""
    return max(answer.seconds for answer in load.answers)


def kill(breakable: Breakable) -> None:
    breakable.database.kill()


def stop(breakable: Breakable) -> None:
    breakable.database.stop()


def freeze(breakable: Breakable) -> None:
    breakable.database.freeze()


def start(breakable: Breakable) -> None:
    breakable.database.start()


def thaw(breakable: Breakable) -> None:
    breakable.database.thaw()


@pytest.mark.parametrize(("breaks", "mends"), [(stop, start), (kill, start), (freeze, thaw)])
@pytest.mark.parametrize("where", ["backend", "proxy"])
def test_while_the_database_is_away(
    broken: Breakable,
    breaks: Callable[[Breakable], None],
    mends: Callable[[Breakable], None],
    where: str,
    figure: Figure,
) -> None:
    """Through the whole path, or at the API itself, with writes."""
    process: Process = getattr(broken.system, where)
    workers = {worker.pid for worker in (*broken.system.backend.workers(), *broken.system.frontend.workers())}

    def play() -> float:
        requests = reads_and_writes(uuid4().hex[:8]) if where == "backend" else page_views
        with (load := Load(process.url, requests)).running():
            sleep(WARM_UP)
            began = monotonic()
            breaks(broken)
            sleep(OUTAGE)
            mends(broken)
            ended = monotonic()
            sleep(RECOVERY + AFTERWARDS)
        assert acknowledged(load) <= broken.names()
        assert (where == "backend") is bool(acknowledged(load))
        return judge(load, began, ended, figure)

    assert_under(SLOWEST, play)
    assert workers == {worker.pid for worker in (*broken.system.backend.workers(), *broken.system.frontend.workers())}


@pytest.mark.parametrize("where", ["backend", "frontend"])
def test_while_workers_are_killed(broken: Breakable, where: str, figure: Figure) -> None:
    """Requests in the hands of a killed worker are lost; no others are, and no write that was acknowledged."""
    process: Process = getattr(broken.system, where)

    def play() -> float:
        requests = reads_and_writes(uuid4().hex[:8]) if where == "backend" else page_views
        kills: list[float] = []
        with (load := Load(process.url, requests)).running():
            sleep(WARM_UP)
            for _ in range(3):
                kills.append(kill_a_worker(process, figure))
                sleep(RECOVERY)
        lost = [answer for answer in load.answers if answer.status not in (200, 201)]
        figure(summary("all", load.answers))
        # a connection has one request under way, and a worker about half of the connections
        assert len(lost) <= len(kills) * load.connections
        late = [answer for answer in lost if min(abs(answer.ended - kill) for kill in kills) > 0.5]
        assert not late, summary("late", lost)
        assert acknowledged(load) <= broken.names()
        return slowest(load)

    assert_under(SLOWEST, play)


def kill_a_worker(process: Process, figure: Figure) -> float:
    """Kill one of a service's two workers, see it replaced, and return when it was killed."""
    before = {worker.pid for worker in process.workers()}
    assert len(before) == 2
    killed = monotonic()
    os.kill(min(before), signal.SIGKILL)
    while not {worker.pid for worker in process.workers()} - before:
        assert monotonic() - killed < RECOVERY + 2, "the worker was not replaced"
        sleep(0.02)
    figure(f"a worker was replaced after {monotonic() - killed:.2f} s")
    return killed


def test_readers_notice_nothing_of_a_backend_worker_that_is_killed(broken: Breakable, figure: Figure) -> None:
    """The frontend asks again where a connection was broken off, for a page only reads."""

    def play() -> float:
        with (load := Load(broken.system.proxy.url, page_views)).running():
            sleep(WARM_UP)
            os.kill(broken.system.backend.workers()[0].pid, signal.SIGKILL)
            sleep(AFTERWARDS)
        message = summary("all", load.answers)
        figure(message)
        assert {answer.status for answer in load.answers} == {200}, message
        return slowest(load)

    assert_under(SLOWEST, play)


def test_while_the_backend_hangs(broken: Breakable, figure: Figure) -> None:
    def play() -> float:
        with (load := Load(broken.system.proxy.url, page_views)).running():
            sleep(WARM_UP)
            began = monotonic()
            broken.system.backend.freeze()
            sleep(OUTAGE)
            broken.system.backend.thaw()
            ended = monotonic()
            sleep(RECOVERY + AFTERWARDS)
        return judge(load, began, ended, figure)

    assert_under(SLOWEST, play)


def test_a_frontend_that_hangs_is_given_up_on(broken: Breakable, figure: Figure) -> None:
    """It is the one part that has no other behind it to speak for it; in a cluster there are two more of it."""
    assert get(f"{broken.system.proxy.url}/").status == 200
    broken.system.frontend.freeze()
    begun = monotonic()
    assert get(f"{broken.system.proxy.url}/").status == 503
    figure(f"given up on after {monotonic() - begun:.2f} s")
    assert monotonic() - begun < 3
    broken.system.frontend.thaw()
    assert get(f"{broken.system.proxy.url}/").status == 200


def test_a_stop_under_load_drops_no_request(broken: Breakable, figure: Figure) -> None:
    """Both services are told to stop while 32 connections use them, as a roll-out does."""
    for where, requests in (("frontend", page_views), ("backend", reads_and_writes(uuid4().hex[:8]))):
        process: Process = getattr(broken.system, where)
        load = Load(process.url, requests)
        with load.running():
            sleep(WARM_UP)
            process.stop()
            sleep(0.5)
            process.start()
        # nobody listens in between: that is refused, which a load balancer tries elsewhere
        dropped = [answer for answer in load.answers if not answer.reason.startswith("refused")]
        message = summary(where, load.answers)
        figure(message)
        assert {answer.status for answer in dropped} <= {200, 201}, message
        assert len(dropped) > 100, message
        assert acknowledged(load) <= broken.names()
    assert get(f"{broken.system.proxy.url}/").status == 200
