"""Ten million users against a hundred: whether time and memory stay what they are."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlencode

import urllib3

from benchmarks import BenchmarkError, memory
from benchmarks.contest import take_turns
from benchmarks.memory import Memory
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from rehearsal.mariadb import MariaDB
from rehearsal.steps import say
from rehearsal.system import Process, System, prepare_database

TITLE = "Ten million users"
ABOUT = """\
Two systems over one MariaDB, one with 100 users and one with ten million, asked in turns over one connection and past
NGINX and its cache: the first page of 50, and one in the middle. Then the memory of all workers of each service after
that same load (each shared page counted once), and that of the large system's backend while one client reads
`GET /backend` to its end."""

FEW = 100
_PAGE = 50

_BATCH = 1_000_000
_BYTES_PER_USER = 150  # on the disk while they are loaded: the rows, and MariaDB's logs of them
# A buffer pool that holds the table, as a server for so many users would have; no power cut needs to be outlived.
_OPTIONS = ["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=0"]

_CHUNK = 1 << 20
_LOOK_SECONDS = 0.25


def measure(plan: Plan, home: Path) -> Findings:
    """Fill both databases, ask both systems for pages, and read all users of the large one."""
    needed = plan.users * _BYTES_PER_USER
    if (free := shutil.disk_usage(home).free) < needed:
        raise BenchmarkError(f"{plan.users:,} users need {needed / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free")
    counts = {"few": FEW, "many": plan.users}
    with ExitStack() as running:
        server = running.enter_context(MariaDB(home / "mariadb", options=_OPTIONS))
        systems = {}
        for name, count in counts.items():
            _fill(server, name, count)
            (home / name).mkdir()
            systems[name] = running.enter_context(System(home / name, server.uri(name)))
        few, many = systems["few"], systems["many"]
        latencies, slower, failed = _pages(counts, systems, plan)
        taken = {
            name: (memory.of_workers(getattr(few, name)), memory.of_workers(getattr(many, name)))
            for name in ("backend", "frontend")
        }
        streamed, growth = _read_all(many.backend, plan.users)
    return Findings(
        tables=[latencies, _memory_table(taken, plan), streamed],
        bars=[
            *(Bar(f"{plan.users:,} users against {FEW}: p50 of {what}", ratio, 1.5) for what, ratio in slower.items()),
            Bar(f"{plan.users:,} users against {FEW}: failed requests", failed, 0),
            *(
                Bar(f"{plan.users:,} users against {FEW}: memory of the {name}", _ratio(both), 1.1)
                for name, both in taken.items()
            ),
            Bar(f"backend's memory while {plan.users:,} users are streamed, against before", growth, 1.1),
        ],
    )


def name_of(number: int) -> str:
    """Return the name of a user by its place, from 1; their order is that of the numbers."""
    return f"user-{number:08}"


def _fill(server: MariaDB, schema: str, count: int) -> None:
    """Make a schema with that many users, and have the server write all of it down before anything is measured."""
    say(f"    {count:,} users are loaded")
    server.sql(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    prepare_database(server.uri(schema))
    server.sql("TRUNCATE users", schema)
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH - 1, count)
        server.sql(f"INSERT INTO users SELECT CONCAT('user-', LPAD(seq, 8, '0')) FROM seq_{first}_to_{last}", schema)  # noqa: S608 - numbers
    server.sql("ANALYZE TABLE users; FLUSH TABLES users FOR EXPORT; UNLOCK TABLES", schema)


def _pages(counts: dict[str, int], systems: dict[str, System], plan: Plan) -> tuple[Table, dict[str, float], int]:
    """Ask for the pages.

    Returns:
        Their latencies, how much slower many users are than few by what was asked for, and how many requests failed.
    """
    urls = {}
    for page in ("the first page", "a page in the middle"):
        for name, system in systems.items():
            after = {"after": name_of((counts[name] - _PAGE) // 2)} if page == "a page in the middle" else {}
            urls[f"backend: {page}, {name}"] = f"{system.backend.url}/backend?{urlencode({'limit': _PAGE, **after})}"
            urls[f"frontend: {page}, {name}"] = f"{system.frontend.url}/?{urlencode(after)}"
    results = take_turns(urls, plan, connections=1)
    failed = sum(result.load.failed for result in results.values())
    p50 = {key: result.load.p50 for key, result in results.items()}
    asked = [key.removesuffix(", few") for key in p50 if key.endswith(", few")]
    slower = {what: p50[f"{what}, many"] / p50[f"{what}, few"] for what in asked}
    rows = [
        [what, *(f"{p50[f'{what}, {name}'] * 1000:.2f}" for name in ("few", "many")), number(slower[what])]
        for what in asked
    ]
    return Table(["p50, ms", f"{FEW} users", f"{plan.users:,} users", "ratio"], rows), slower, failed


def _memory_table(taken: dict[str, tuple[Memory, Memory]], plan: Plan) -> Table:
    rows = [[name, *(number(one.proportional) for one in both), f"{_ratio(both):.3f}"] for name, both in taken.items()]
    return Table(["memory of all workers, MB", f"{FEW} users", f"{plan.users:,} users", "ratio"], rows)


def _ratio(both: tuple[Memory, Memory]) -> float:
    few, many = both
    return many.proportional / few.proportional


def _read_all(backend: Process, count: int) -> tuple[Table, float]:
    """Read all users; return the figures and how much the memory grew, as a ratio.

    Raises:
        BenchmarkError: there were more or fewer.
    """
    before = memory.of_workers(backend).proportional
    begin = monotonic()
    with _peak(backend) as peak:
        answer = urllib3.request("GET", f"{backend.url}/backend", preload_content=False, timeout=60, retries=False)
        size = users = 0
        for chunk in answer.stream(_CHUNK):
            size += len(chunk)
            users += chunk.count(b"{")
    seconds = monotonic() - begin
    if answer.status != 200 or users != count:
        raise BenchmarkError(f"GET /backend: status {answer.status} and {users:,} of {count:,} users")
    highest = max(peak)
    return Table(
        ["`GET /backend`, all users", "users", "MB", "seconds", "users/s", "memory before, MB", "at most, MB"],
        [
            [
                "one client",
                f"{users:,}",
                number(size / 1e6),
                number(seconds),
                number(users / seconds),
                number(before),
                number(highest),
            ]
        ],
    ), highest / before


@contextmanager
def _peak(process: Process) -> Iterator[list[float]]:
    """Look at the memory of a service's workers again and again; yields the list of what was seen, in megabytes."""
    seen: list[float] = []
    ended = Event()

    def look() -> None:
        while not ended.is_set():
            seen.append(memory.of_workers(process).proportional)
            ended.wait(_LOOK_SECONDS)

    looking = Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()
