"""How soon a service serves, and what memory its workers take once it did."""

from pathlib import Path
from statistics import median
from time import monotonic

import urllib3

from benchmarks import BenchmarkError, load, memory
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from rehearsal.mariadb import MariaDB
from rehearsal.steps import say
from rehearsal.system import Process, prepare_database, service

TITLE = "Start and memory"
ABOUT = """\
From `python -m application` to the first 200 for what the service is there for (the API's list, the page), the median
of several starts. Then the memory of its workers after 32 connections have asked for that: resident is what the largest
worker has in memory, shared pages included; proportional is what all workers of the service take together."""


def measure(plan: Plan, home: Path) -> Findings:
    """Start backend and frontend several times, then load them."""
    with MariaDB(home / "mariadb") as server:
        prepare_database(server.uri())
        backend = service("backend", home, {"DATABASE_URI": server.uri(), "DATABASE_AUTH": "password"})
        frontend = service("frontend", home, {"BACKEND_URL": backend.url})
        try:
            seconds = {"backend": _start(backend, "/backend", plan), "frontend": _start(frontend, "/", plan)}
            load.run(f"{frontend.url}/", seconds=plan.seconds)
            load.run(f"{backend.url}/backend", seconds=plan.seconds)
            taken = {"backend": memory.of_workers(backend), "frontend": memory.of_workers(frontend)}
        finally:
            frontend.stop()
            backend.stop()
    columns = ["", "start, s", "resident memory of a worker, MB", "proportional, all workers, MB"]
    rows = [
        [name, number(seconds[name]), number(taken[name].resident), number(taken[name].proportional)]
        for name in seconds
    ]
    return Findings(
        tables=[Table(columns, rows)],
        bars=[
            *(Bar(f"start of the {name} to its first 200", seconds[name], 1.5, "s") for name in seconds),
            *(Bar(f"memory of a worker of the {name}", taken[name].resident, 100, "MB") for name in taken),
        ],
    )


def _start(process: Process, path: str, plan: Plan) -> float:
    """Start a service as often as planned, and leave it running; return the median of the seconds."""
    seconds = []
    for _ in range(plan.starts):
        process.stop()
        begin = monotonic()
        process.start()
        answer = urllib3.request("GET", process.url + path)
        seconds.append(monotonic() - begin)
        if answer.status != 200:
            raise BenchmarkError(f"{process.name}: GET {path} was answered with {answer.status}")
        say(f"    {process.name} serves after {seconds[-1]:.2f} s")
    return median(seconds)
