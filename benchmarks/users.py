"""Ten million users against a hundred: whether time and memory stay what they are."""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import BenchmarkError, memory
from benchmarks.contest import take_turns
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from benchmarks.stream import Stream, read_all
from rehearsal.mariadb import MariaDB
from rehearsal.steps import say
from rehearsal.system import System, prepare_database

TITLE = "Ten million users"
ABOUT = """\
Two systems over one MariaDB, one with 100 users and one with ten million, asked in turns over one connection and past
NGINX and its cache: the first page of 50, and one in the middle. Then the memory of all workers of each service after
that same load (each shared page counted once), and that of the large system's backend while one client reads
`GET /backend` to its end."""

_FEW = 100
_PAGE = 50

_BATCH = 1_000_000
_BYTES_PER_USER = 150  # on the disk while they are loaded: the rows, and MariaDB's logs of them
# A buffer pool that holds the table, as a server for so many users would have; no power cut needs to be outlived.
_OPTIONS = ["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=0"]

# For batches on their way, in megabytes: a tenth of the whole answer.
_GROWTH = 30

Pairs = Mapping[str, tuple[float, float]]
"""What was measured with few users and with many, by what it is."""


def measure(plan: Plan, home: Path) -> Findings:
    """Fill both databases, ask both systems for pages, and read all users of the large one.

    Raises:
        BenchmarkError: there is too little disk, or not all users came.
    """
    needed = plan.users * _BYTES_PER_USER
    if (free := shutil.disk_usage(home).free) < needed:
        raise BenchmarkError(f"{plan.users:,} users need {needed / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free")
    with ExitStack() as running:
        server = running.enter_context(MariaDB(home / "mariadb", options=_OPTIONS))
        few, many = (_system(server, count, home, running) for count in (_FEW, plan.users))
        milliseconds, failed = _pages(_urls(few, _FEW), _urls(many, plan.users), plan)
        megabytes = _memory(few, many)
        stream = read_all(many.backend)
    if stream.users != plan.users:
        raise BenchmarkError(f"GET /backend gave {stream.users:,} of {plan.users:,} users")
    against = f"{plan.users:,} users against {_FEW}"
    return Findings(
        tables=[
            _table("p50, ms", milliseconds, plan),
            _table("memory of all workers, MB", megabytes, plan),
            _stream_table(stream),
        ],
        bars=[
            *(Bar(f"{against}: p50 of {what}", many / few, 1.5) for what, (few, many) in milliseconds.items()),
            *(Bar(f"{against}: memory of the {what}", many / few, 1.1) for what, (few, many) in megabytes.items()),
            Bar(f"{against}: failed requests", failed, 0),
            Bar("memory that the backend grows by while all are streamed", stream.most - stream.before, _GROWTH, "MB"),
        ],
    )


def _system(server: MariaDB, count: int, home: Path, running: ExitStack) -> System:
    """Run a system over a schema of its own with that many users, all of them on the disk before it starts."""
    say(f"    {count:,} users are loaded")
    schema = f"users_{count}"
    server.sql(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    prepare_database(server.uri(schema))
    server.sql("TRUNCATE users", schema)
    for first in range(1, count + 1, _BATCH):
        numbers = f"seq_{first}_to_{min(first + _BATCH - 1, count)}"
        insert = f"INSERT INTO users SELECT CONCAT('user-', LPAD(seq, 8, '0')) FROM {numbers}"  # noqa: S608 - two integers of ours
        server.sql(insert, schema)
    server.sql("ANALYZE TABLE users; FLUSH TABLES users FOR EXPORT; UNLOCK TABLES", schema)
    folder = home / schema
    folder.mkdir()
    return running.enter_context(System(folder, server.uri(schema)))


def _urls(system: System, count: int) -> dict[str, str]:
    """Return the pages to ask for, by what they are; the one in the middle has as many users before it as after it."""
    middle = {"after": f"user-{(count - _PAGE) // 2:08}"}
    return {
        "the API's first page": f"{system.backend.url}/backend?{urlencode({'limit': _PAGE})}",
        "the API's page in the middle": f"{system.backend.url}/backend?{urlencode({'limit': _PAGE, **middle})}",
        "the first page": f"{system.frontend.url}/",
        "the page in the middle": f"{system.frontend.url}/?{urlencode(middle)}",
    }


def _pages(few: Mapping[str, str], many: Mapping[str, str], plan: Plan) -> tuple[Pairs, int]:
    """Ask for the pages; return their p50 in milliseconds, and how many requests failed."""
    turns = {f"{what}, {size}": urls[what] for what in few for size, urls in (("few", few), ("many", many))}
    loads = {what: result.load for what, result in take_turns(turns, plan, connections=1).items()}
    milliseconds = {what: (loads[f"{what}, few"].p50 * 1000, loads[f"{what}, many"].p50 * 1000) for what in few}
    return milliseconds, sum(load.failed for load in loads.values())


def _memory(few: System, many: System) -> Pairs:
    """Return what the workers of each service take, in megabytes."""
    services = {"backend": (few.backend, many.backend), "frontend": (few.frontend, many.frontend)}
    return {
        name: (memory.of_workers(one).proportional, memory.of_workers(other).proportional)
        for name, (one, other) in services.items()
    }


def _table(what: str, pairs: Pairs, plan: Plan) -> Table:
    rows = [[name, number(few), number(many), number(many / few)] for name, (few, many) in pairs.items()]
    return Table([what, f"{_FEW} users", f"{plan.users:,} users", "ratio"], rows)


def _stream_table(stream: Stream) -> Table:
    figures = [
        f"{stream.users:,}",
        number(stream.size / 1e6),
        number(stream.seconds),
        number(stream.users / stream.seconds),
        number(stream.before),
        number(stream.most),
    ]
    columns = ["", "users", "MB", "seconds", "users/s", "memory before, MB", "at most meanwhile, MB"]
    return Table(columns, [["`GET /backend`, one client", *figures]])
