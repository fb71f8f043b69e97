"""The service as a process: `python -m application`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from application import __main__, access_log, app, server
from tests.load import Load
from tests.service import PATIENCE, Service, eventually, free_port, get
from tests.stub_backend import StubBackend

pytestmark = pytest.mark.full  # starts the whole service, again and again

linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in Linux's /proc, uses its packet filters")


@pytest.fixture
def settings(backend: StubBackend) -> dict[str, str]:
    """Of a service whose backend is there."""
    return {"BACKEND_URL": backend.url}


@pytest.fixture
def service(tmp_path: Path, settings: dict[str, str]) -> Iterator[Service]:
    with Service(settings, tmp_path) as service:
        yield service


def test_it_serves_and_stops_within_seconds_of_being_told(service: Service) -> None:
    status, content = get(service.port, "/")
    assert status == 200
    assert "Bob" in content
    begun = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - begun < 5
    log = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert {line["service"] for line in log} == {access_log.SERVICE}
    assert "Started worker-1" in [line.get("message") for line in log]


@linux
@pytest.mark.parametrize("keeps", [True, False], ids=["kept connections", "new connections"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_stops_under_load_without_dropping_a_request(service: Service, method: str, keeps: bool) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    path, body = ("/", None) if method == "GET" else ("/users", b"name=Bob")
    load = Load(service.port, method, path, body, form, keeps=keeps)
    with load:
        eventually(lambda: len(load.answered) > 200)
        assert service.stop() == 0
    assert load.dropped == []


@linux
def test_a_worker_that_dies_under_load_is_replaced_and_the_others_go_on(service: Service) -> None:
    before = service.workers()
    assert len(before) == 2
    with Load(service.port, clients=8) as load:
        eventually(lambda: len(load.answered) > 50)
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(service.workers()) == 2 and min(before) not in service.workers())
        so_far = len(load.answered)
        eventually(lambda: len(load.answered) > so_far + 50)
    assert len(load.dropped) <= 8  # what was in the worker's hands: one request of each client
    assert max(before) in service.workers()


@linux
def test_a_worker_that_keeps_dying_ends_the_service(service: Service) -> None:
    """Whoever runs the service sees it and waits longer and longer; a worker that is replaced for ever hides it."""

    def is_over() -> bool:
        for worker in service.workers():
            os.kill(worker, signal.SIGKILL)
        return service.process.poll() is not None

    eventually(is_over)
    assert service.process.returncode == 1


@linux
def test_metrics_are_those_of_all_workers_and_of_dead_ones(service: Service) -> None:
    with Load(service.port, keeps=False, clients=4) as load:
        eventually(lambda: len(load.answered) > 50)
    assert service.counted("/") == len(load.answered)
    victim = min(service.workers())
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: len(service.workers()) == 2 and victim not in service.workers())
    assert service.counted("/") == len(load.answered)
    with Load(service.port, keeps=False, clients=4) as more:
        eventually(lambda: len(more.answered) > 50)
    assert service.counted("/") == len(load.answered) + len(more.answered)


def test_nothing_is_left_behind(service: Service) -> None:
    assert len(list(service.temporary.iterdir())) == 1
    service.stop()
    assert list(service.temporary.iterdir()) == []


def test_metrics_can_be_left_out(tmp_path: Path, settings: dict[str, str]) -> None:
    with Service({**settings, "METRICS_PORT": "0"}, tmp_path) as service:
        assert get(service.port, "/")[0] == 200
        assert list(service.temporary.iterdir()) == []


def run(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the service where it cannot serve."""
    return subprocess.run(
        [sys.executable, "-m", "application"],
        env={**os.environ, "METRICS_PORT": "0", "GRANIAN_LOG_LEVEL": "warning", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("name", ["GRANIAN_PORT", "METRICS_PORT"])
def test_a_port_that_is_taken_stops_it_with_one_line(settings: dict[str, str], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        here = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(free_port())}
        result = run({**settings, **here, name: str(port)})
    assert result.returncode == 1
    assert result.stderr.startswith(f"frontend: {name}: cannot listen at 127.0.0.1:{port} (Address already in use); ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        (
            {"BACKEND_URL": "backend:5001"},
            "frontend: BACKEND_URL is 'backend:5001'; allowed is scheme://host:port, as in http://backend:5001\n",
        ),
        ({"METRICS_PORT": "http"}, "frontend: METRICS_PORT is 'http'; allowed are 1 to 65535, and 0 for no metrics\n"),
    ],
)
def test_settings_that_cannot_work_stop_it_with_one_line(environ: dict[str, str], says: str) -> None:
    result = run(environ)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", says)


def test_the_environment_wins_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, str | None, str | None]] = []

    def serve(target: str) -> None:
        served.append((target, os.environ.get("GRANIAN_PORT"), os.environ.get("GRANIAN_WORKERS")))

    environ = {name: value for name, value in os.environ.items() if name not in __main__.DEFAULTS}
    monkeypatch.setattr(os, "environ", {**environ, "GRANIAN_PORT": "5999", "METRICS_PORT": "0"})
    monkeypatch.setattr(server, "serve", serve)
    __main__.main()
    assert served == [("application:app", "5999", "2")]


def test_a_setting_that_cannot_work_is_told_before_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "serve", lambda _: pytest.fail("it served"))
    monkeypatch.setitem(app.config, "BACKEND_URL", "backend")
    with pytest.raises(SystemExit, match="frontend: BACKEND_URL is 'backend'"):
        __main__.main()
