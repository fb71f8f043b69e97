"""From a clone to the running system, and back to nothing."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest
import urllib3

from tests.rehearsal.conftest import Clone

pytestmark = pytest.mark.full

FIRST_USERS = ("Bob", "Jay", "Matt", "Ferg", "Mo")


def page(clone: Clone) -> str:
    return urllib3.request("GET", f"http://127.0.0.1:{clone.port}/", timeout=10).data.decode()


def processes(clone: Clone) -> set[int]:
    """Return the processes that run in the clone or name it in their command line."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_text() + str((process / "cwd").readlink())
        except OSError:  # it ended meanwhile
            continue
        if str(clone.path) in told:
            found.add(int(process.name))
    return found


def test_the_system_comes_up_serves_and_leaves_nothing(clone: Clone) -> None:
    started = clone.up()
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{clone.port}/" in started.stdout
    assert all(name in page(clone) for name in FIRST_USERS)
    assert {path.name for path in (clone.path / "dist/manifests").glob("*.yaml")} >= {"0004-proxy.yaml"}
    assert len(list((clone.path / "cdk.out").glob("*Stack.template.json"))) == 6

    again = clone.up()
    assert again.returncode == 0
    assert "Already running" in again.stdout

    elsewhere = clone.run("up", "--port", "8081")
    assert elsewhere.returncode == 1
    assert elsewhere.stderr == f"slipway: already running on port {clone.port}; stop that first: make down\n"

    status = clone.run("status")
    assert status.returncode == 0
    assert re.findall(r"^ +(\w+) +RUNNING", status.stdout, re.MULTILINE) == ["backend", "frontend", "proxy"]
    assert '"uri":"/"' in clone.run("logs").stdout

    assert processes(clone)
    assert clone.run("down").returncode == 0
    assert processes(clone) == set()
    assert "Nothing is running" in clone.run("status").stdout


def test_what_outlives_a_killed_process_manager_is_stopped(clone: Clone) -> None:
    assert clone.up().returncode == 0
    os.kill(int((clone.path / ".slipway/supervisor.pid").read_text()), signal.SIGKILL)

    status = clone.run("status")
    assert status.returncode == 1
    assert status.stderr.startswith("slipway: the process manager was killed and its processes still run")
    assert "Stopped." in clone.run("down").stdout
    assert processes(clone) == set()


def test_pods_are_told_nothing_of_the_shell_that_starts_them(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-developer")
    monkeypatch.setenv("GRANIAN_WORKERS", "none")
    assert clone.up().returncode == 0
    for process in processes(clone):
        assert b"of-the-developer" not in Path(f"/proc/{process}/environ").read_bytes()


def test_a_taken_port_is_one_clear_line(clone: Clone) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", clone.port))
        taken.listen()
        result = clone.up()
    assert result.returncode == 1
    assert result.stderr == f"slipway: port {clone.port} is taken; choose another: make up PORT={clone.port + 1}\n"
    assert processes(clone) == set()


@pytest.mark.parametrize("port", ["", "web", "0", "65536"])
def test_a_port_that_is_none_is_one_clear_line(clone: Clone, port: str) -> None:
    result = clone.run("up", "--port", port)
    assert result.returncode == 1
    assert result.stderr == f"slipway: PORT={port}: allowed is a number from 1 to 65535\n"


def test_a_pod_that_does_not_start_leaves_nothing_running(clone: Clone) -> None:
    (clone.path / "services/frontend/application/__init__.py").write_text("raise RuntimeError('no page today')\n")
    result = clone.up()
    assert result.returncode == 1
    assert "slipway: the pod frontend did not start; its last lines:" in result.stderr
    assert "no page today" in result.stderr
    assert processes(clone) == set()


def test_a_stack_that_does_not_synthesise_stops_before_anything_runs(clone: Clone) -> None:
    (clone.path / "app.py").write_text("raise SystemExit('this stack is broken')\n")
    result = clone.up()
    assert result.returncode == 1
    assert "slipway: the stacks do not synthesise; its last lines:" in result.stderr
    assert "this stack is broken" in result.stderr
    assert processes(clone) == set()
