"""The service as a process: `python -m application`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from application import __main__, app, create_app, db
from application.config import SettingError

PATIENCE = 20.0
"""Seconds that a busy machine may take over a step that usually takes one."""


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


def status(port: int, path: str) -> int:
    """The status of a GET; 0 while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
        return found


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    uri = f"sqlite:///{tmp_path}/users.db"
    with create_app({"SQLALCHEMY_DATABASE_URI": uri, "DATABASE_AUTH": "password"}).app_context():
        db.create_all()
        db.engine.dispose()
    environ = {**os.environ, "DATABASE_URI": uri, "DATABASE_AUTH": "password", "GRANIAN_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "application"], env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: status(port, "/backend") == 200)
            yield process
        finally:
            process.terminate()  # not kill(), which its workers would outlive


def workers(process: subprocess.Popen[bytes]) -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(child) for child in children.split()}


def test_it_stops_within_seconds_of_being_told(service: subprocess.Popen[bytes]) -> None:
    service.terminate()
    assert service.wait(timeout=5) == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the workers in Linux's /proc")
def test_a_worker_that_dies_is_replaced(service: subprocess.Popen[bytes], port: int) -> None:
    eventually(lambda: len(workers(service)) == 2)
    before = workers(service)
    os.kill(next(iter(before)), signal.SIGKILL)
    eventually(lambda: len(workers(service)) == 2 and workers(service) != before)
    assert {status(port, "/backend") for _ in range(50)} == {200}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"DATABASE_URI": ""}, "backend: no database is configured: set DATABASE_URI"),
        ({"DATABASE_URI": "sqlite://", "DATABASE_AUTH": "iam"}, "backend: DATABASE_AUTH=iam needs a mysql"),
        (
            {
                "DATABASE_URI": "mysql+pymysql://application@db/users",
                "DATABASE_AUTH": "iam",
                "AWS_REGION": "eu-west-2",
                "DATABASE_CA": "/nowhere.pem",
            },
            "backend: DATABASE_CA: no certificate authorities can be read from /nowhere.pem",
        ),
    ],
)
def test_settings_that_cannot_work_stop_it_with_one_line(environ: dict[str, str], says: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "application"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_the_environment_wins_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[list[str], str | None, str | None]] = []

    def serve(arguments: list[str], **_: str) -> None:
        served.append((arguments, os.environ.get("GRANIAN_PORT"), os.environ.get("GRANIAN_WORKERS")))

    for name in __main__.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "environ", {**os.environ, "GRANIAN_PORT": "5999"})
    monkeypatch.setattr(__main__, "cli", serve)
    monkeypatch.setitem(app.config, "SQLALCHEMY_DATABASE_URI", "sqlite://")
    monkeypatch.setitem(app.config, "DATABASE_AUTH", "password")
    __main__.main()
    assert served == [(["application:app"], "5999", "2")]


def test_a_setting_that_cannot_work_is_told_before_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "cli", lambda *_, **__: pytest.fail("it served"))
    with pytest.raises(SystemExit, match="backend: no database is configured") as raised:
        __main__.main()
    assert isinstance(raised.value.__context__, SettingError)
