"""How many workers and threads: `python -m benchmarks tune`, for docs/decisions."""

from itertools import product
from pathlib import Path

from benchmarks.contest import take_turns
from benchmarks.plan import Plan
from benchmarks.report import Findings, Table, number
from benchmarks.speed import without_cache
from rehearsal.mariadb import MariaDB
from rehearsal.steps import say
from rehearsal.system import System

TITLE = "Workers and threads"
ABOUT = """\
Through NGINX with its cache off, 32 connections, five users; both services with so many workers (`GRANIAN_WORKERS`),
and each worker with so many threads (`GRANIAN_BLOCKING_THREADS`)."""

_WORKERS = (1, 2, 3, 4)
_THREADS = (1, 2, 4, 8)


def measure(plan: Plan, home: Path) -> Findings:
    """Measure each pair, one after the other."""
    rows = []
    with MariaDB(home / "mariadb") as server:
        for workers, threads in product(_WORKERS, _THREADS):
            say(f"    {workers} workers, {threads} threads each")
            folder = home / f"{workers}-{threads}"
            folder.mkdir()
            settings = {"GRANIAN_WORKERS": str(workers), "GRANIAN_BLOCKING_THREADS": str(threads)}
            with System(folder, server.uri(), edit=without_cache, environment=settings) as system:
                (result,) = take_turns({"cache off": f"{system.proxy.url}/"}, plan).values()
            load = result.load
            latencies = [number(load.p50 * 1000), number(load.p99 * 1000)]
            rows.append([str(workers), str(threads), number(load.rate), *latencies, f"{load.failed:,}"])
    return Findings(tables=[Table(["workers", "threads", "requests/s", "p50, ms", "p99, ms", "failed"], rows)])
