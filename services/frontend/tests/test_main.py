"""The service as a process: `python -m application`."""

import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest

from application import __main__, app
from tests.stub_backend import StubBackend

PATIENCE = 20.0
"""Seconds that a busy machine may take over a step that usually takes one."""


def page(port: int) -> tuple[int, bytes]:
    """Status and content of the page; 0 while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def test_it_serves_the_page_and_stops_within_seconds_of_being_told(backend: StubBackend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    environ = {**os.environ, "BACKEND_URL": backend.url, "GRANIAN_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "application"], env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + PATIENCE
            while page(port)[0] == 0:
                assert time.monotonic() < end, "it never listened"
                time.sleep(0.02)
            status, content = page(port)
        finally:
            process.terminate()
        assert process.wait(timeout=5) == 0
    assert status == 200
    assert b"Bob" in content


def test_an_address_that_cannot_work_stops_it_with_one_line() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "application"],
        env={**os.environ, "BACKEND_URL": "backend:5001"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr == (
        "frontend: BACKEND_URL is 'backend:5001'; allowed is scheme://host:port, as in http://backend:5001\n"
    )
    assert result.stdout == ""


def test_the_environment_wins_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[list[str], str | None, str | None]] = []

    def serve(arguments: list[str], **_: str) -> None:
        served.append((arguments, os.environ.get("GRANIAN_PORT"), os.environ.get("GRANIAN_WORKERS")))

    for name in __main__.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "environ", {**os.environ, "GRANIAN_PORT": "5999"})
    monkeypatch.setattr(__main__, "cli", serve)
    __main__.main()
    assert served == [(["application:app"], "5999", "2")]


def test_a_setting_that_cannot_work_is_told_before_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "cli", lambda *_, **__: pytest.fail("it served"))
    monkeypatch.setitem(app.config, "BACKEND_URL", "backend")
    with pytest.raises(SystemExit, match="frontend: BACKEND_URL is 'backend'"):
        __main__.main()
