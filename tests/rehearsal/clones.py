"""A copy of the repository in which the whole system may start, break and stop."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from rehearsal.aws import emulator
from rehearsal.environment import MARK
from rehearsal.machine import PROCESSES
from rehearsal.ports import free_port

ROOT = Path(__file__).parents[2]

_SHARED = (".venv", "node_modules", ".slipway/aws/venv")
"""What takes long to install."""


ASIDE = ("nice", "-n", "10")
"""How a command runs that belongs on another machine than the pods: it takes what they leave."""

_PATIENCE = 600.0  # seconds for one command


@dataclass(frozen=True)
class Clone:
    """A copy of the working tree that shares the installed packages."""

    path: Path
    port: int
    pods: str

    @contextmanager
    def begun(self, *arguments: str, how: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
        """Begin one command of the rehearsal, as the Makefile does; it is killed where it goes on for longer."""
        path = f"{self.path / '.venv/bin'}:{self.path / 'node_modules/.bin'}:{os.environ['PATH']}"
        with subprocess.Popen(
            [*how, self.path / ".venv/bin/python", "-m", "rehearsal", *arguments],
            cwd=self.path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *arguments: str, how: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run one command of the rehearsal to its end."""
        with self.begun(*arguments, how=how) as process:
            said, complained = process.communicate(timeout=_PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, said, complained)

    def up(self, how: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Start the system, or deploy what has changed."""
        return self.run("up", "--port", str(self.port), "--pods", self.pods, how=how)

    def page(self) -> str:
        """Return the page as users see it."""
        return urllib3.request("GET", f"http://127.0.0.1:{self.port}/", timeout=10).data.decode()

    def aws(self) -> dict[str, str]:
        """Return what a client of its AWS has to find in its environment."""
        told: dict[str, str] = json.loads((self.path / ".slipway/machine.json").read_text())["aws"]
        return told

    def processes(self) -> set[int]:
        """Return the processes that run in the clone, name it in their command line, or carry its mark."""
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                told = (process / "cmdline").read_text() + str((process / "cwd").readlink())
                marks = (process / "environ").read_text()
            except (OSError, UnicodeDecodeError):  # it ended meanwhile, or is none of ours
                continue
            if str(self.path) in told or re.search(rf"{MARK}={re.escape(str(self.path))}/", marks):
                found.add(int(process.name))
        return found


def in_podman() -> set[str]:
    """Return the pods and networks that nodes have in Podman, whosever they are."""
    found = set()
    for kind in (["pod", "ps"], ["network", "ls"]):
        command = ["podman", *kind, "--quiet", "--filter=label=slipway.node"]
        found |= set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    return found


def changed_by(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the stacks that a deployment says that it has changed."""
    return set(re.findall(r"^  (\w+Stack) .* \d+\.\d s$", done.stdout, re.MULTILINE))


@contextmanager
def copied(path: Path, pods: str = PROCESSES) -> Iterator[Clone]:
    """Copy the working tree, as git knows it, to `path`; whatever is started there is stopped in the end."""
    emulator.install()
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    for installed in _SHARED:
        (path / installed).parent.mkdir(parents=True, exist_ok=True)
        (path / installed).symlink_to(ROOT / installed)
    clone = Clone(path, free_port(), pods)
    try:
        yield clone
    finally:
        clone.run("down")
