"""What a pod takes, against what its manifest reserves."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from benchmarks import BenchmarkError, load
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from benchmarks.speed import without_cache
from k8s_charts import __main__ as charts
from k8s_charts.migration import COMMAND
from rehearsal import ROOT, manifests
from rehearsal.environment import of_machine
from rehearsal.mariadb import MariaDB
from rehearsal.system import Process, System

TITLE = "What a pod takes"
ABOUT = """\
All processes of each pod, the parents of workers included, with NGINX's cache off, so that each request goes through
all of them: 32 connections, as many requests as the machine gives. Memory counts each shared page once; the
migration's is the most that it had. A share of CPU is what a request of a user, or the whole start or migration, used
of one. What the manifest reserves of a CPU carries so many requests a second when 70 % of it are used, where the
autoscaler adds a pod. Memory is reserved and limited alike: half of it stays free for what was not measured."""

_BUSY = 0.7
_MEBIBYTE = 1024 * 1024
_SERVICES = ("backend", "frontend", "proxy")


@dataclass(frozen=True)
class Use:
    """What processes have used: MiB that they have now, seconds of CPU since they were started."""

    memory: float
    cpu: float

    @classmethod
    def of(cls, process: Process) -> Self:
        """Return what a process and its workers have used."""
        all_of_it = [psutil.Process(process.pid), *process.workers()]
        times = [one.cpu_times() for one in all_of_it]
        return cls(
            memory=sum(one.memory_full_info().pss for one in all_of_it) / _MEBIBYTE,  # each shared page once
            cpu=sum(time.user + time.system for time in times),
        )


@dataclass(frozen=True)
class Reserved:
    """What a manifest reserves: MiB, and a share of a CPU."""

    memory: float
    cpu: float

    @classmethod
    def by(cls, workload: manifests.Manifest) -> Self:
        """Return what a workload's pod reserves."""
        requests = manifests.container(workload)["resources"]["requests"]
        return cls(float(requests["memory"].removesuffix("Mi")), float(requests["cpu"].removesuffix("m")) / 1000)


def measure(plan: Plan, home: Path) -> Findings:
    """Run the migration, then load all three services together."""
    here = reserved(home / "manifests")
    with MariaDB(home / "mariadb") as server:
        migration = _migrate(server.uri())
        with System(home, server.uri(), edit=without_cache) as system:
            processes = {name: getattr(system, name) for name in _SERVICES}
            started = {name: Use.of(process) for name, process in processes.items()}
            told = load.run(f"{system.proxy.url}/", seconds=plan.rounds * plan.seconds)
            loaded = {name: Use.of(process) for name, process in processes.items()}
    return findings(here, migration, started, loaded, told.requests)


def findings(
    manifest: Mapping[str, Reserved],
    migration: Use,
    started: Mapping[str, Use],
    loaded: Mapping[str, Use],
    requests: int,
) -> Findings:
    """Judge what pods have used once `started` and, after so many requests, `loaded`; all by their names."""
    columns = [
        "",
        "memory, MiB",
        "reserved, MiB",
        "CPU to start, s",
        "CPU a request, ms",
        "reserved, CPU",
        "requests/s",
    ]
    once = [number(migration.memory), f"{manifest['migration'].memory:.0f}", number(migration.cpu)]
    rows = [["migration", *once, "", f"{manifest['migration'].cpu:g}", ""]]
    for name in _SERVICES:
        each = (loaded[name].cpu - started[name].cpu) / requests
        rows.append(
            [
                name,
                number(loaded[name].memory),
                f"{manifest[name].memory:.0f}",
                number(started[name].cpu),
                number(each * 1000),
                f"{manifest[name].cpu:g}",
                number(_BUSY * manifest[name].cpu / each),
            ]
        )
    most = {"migration": migration.memory, **{name: loaded[name].memory for name in _SERVICES}}
    bars = [Bar(f"memory of the {name}'s pod", taken, manifest[name].memory / 2, "MiB") for name, taken in most.items()]
    return Findings(tables=[Table(columns, rows)], bars=bars)


def reserved(directory: Path) -> dict[str, Reserved]:
    """Return what the manifests reserve for a pod, by its container's name."""
    charts.example(directory)
    workloads = [item for item in manifests.read(directory) if item["kind"] in ("Deployment", "Job")]
    return {manifests.container(workload)["name"]: Reserved.by(workload) for workload in workloads}


def _migrate(uri: str) -> Use:
    """Migrate and seed an empty database, and return what that has used at most."""
    environment = {**of_machine(), "DATABASE_URI": uri, "DATABASE_AUTH": "password"}
    process = subprocess.Popen(COMMAND, cwd=ROOT / "services" / "backend", env=environment)  # noqa: S603 - our own
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise BenchmarkError("the migration failed")
    return Use(memory=used.ru_maxrss * 1024 / _MEBIBYTE, cpu=used.ru_utime + used.ru_stime)
