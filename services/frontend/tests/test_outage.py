"""What a reader and the log see while the backend is away, or talks nonsense."""

import logging
import socket
from collections.abc import Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pytest
import urllib3
from flask import Flask
from flask.testing import FlaskClient

from application import backend as backend_module
from tests.stub_backend import StubBackend, serving


def shown(client: FlaskClient) -> int:
    """Ask for the page; where it is the friendly one, check that it is whole."""
    response = client.get("/")
    if response.status_code == 503:
        assert response.mimetype == "text/html"
        assert response.headers["Retry-After"] == "5"
        assert "The users cannot be shown right now" in response.text
        assert "Try again" in response.text
    return response.status_code


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for record in caplog.records if record.levelno >= logging.WARNING and record.name != "urllib3"]
    assert all(record.exc_info is None for record in records)
    return [record.getMessage() for record in records if not record.name.startswith("urllib3")]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_an_outage_is_a_friendly_503_and_two_lines_in_the_log(
    app: Flask, client: FlaskClient, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["BACKEND_URL"] = f"http://127.0.0.1:{free_port}"
    assert [shown(client) for _ in range(3)] == [503] * 3
    server = serving(StubBackend(), free_port)
    assert [shown(client) for _ in range(3)] == [200] * 3
    server.shutdown()
    server.server_close()
    began, ended = told(caplog)
    assert began.startswith(f"the backend is unavailable: GET http://127.0.0.1:{free_port}/backend: ")
    assert "Connection refused" in began
    assert ended.startswith("the backend is back after ")


@pytest.mark.parametrize(
    ("status", "users", "says"),
    [
        ("503 Service Unavailable", [], "was answered with 503"),
        ("404 Not Found", [], "was answered with 404"),
        ("302 Found", [], "was answered with 302"),
        ("200 OK", b"<html>", "was answered with something else than users"),
        ("200 OK", {"userName": "Bob"}, "was answered with something else than users"),
        ("200 OK", [{"name": "Bob"}], "was answered with something else than users"),
        ("200 OK", [{"userName": None}], "was answered with something else than users"),
        ("200 OK", ["Bob"], "was answered with something else than users"),
    ],
)
def test_an_answer_without_users_is_an_outage(
    client: FlaskClient, backend: StubBackend, caplog: pytest.LogCaptureFixture, status: str, users: Any, says: str
) -> None:
    backend.status, backend.users = status, users
    assert shown(client) == 503
    assert told(caplog) == [f"the backend is unavailable: GET {backend.url}/backend {says}"]
    assert len(backend.asked) == 1


@pytest.mark.parametrize(
    ("status", "header"),
    [("503 Service Unavailable", ("Retry-After", "5")), ("302 Found", ("Location", "/elsewhere"))],
)
def test_an_answer_is_not_asked_for_again_and_not_followed(
    client: FlaskClient, backend: StubBackend, caplog: pytest.LogCaptureFixture, status: str, header: tuple[str, str]
) -> None:
    backend.status, backend.headers = status, [header]
    assert shown(client) == 503
    assert told(caplog) == [f"the backend is unavailable: GET {backend.url}/backend was answered with {status[:3]}"]
    assert len(backend.asked) == 1


class FlakyServer:
    """Closes the first connections without an answer, then answers."""

    def __init__(self, failures: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._failures = failures
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.connections += 1
                connection.recv(4096)
                if self.connections > self._failures:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def flaky(request: pytest.FixtureRequest) -> Iterator[FlakyServer]:
    server = FlakyServer(request.param)
    yield server
    server.close()


@pytest.mark.parametrize("flaky", [1], indirect=True)
def test_a_connection_that_breaks_off_is_tried_once_more(app: Flask, client: FlaskClient, flaky: FlakyServer) -> None:
    app.config["BACKEND_URL"] = flaky.url
    assert shown(client) == 200
    assert flaky.connections == 2


@pytest.mark.parametrize("flaky", [9], indirect=True)
def test_tries_come_to_an_end(app: Flask, client: FlaskClient, flaky: FlakyServer) -> None:
    app.config["BACKEND_URL"] = flaky.url
    assert shown(client) == 503
    assert flaky.connections == 2


def test_a_backend_that_says_nothing_is_given_up_on(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_TIMEOUT", urllib3.Timeout(connect=0.2, read=0.2))
    backend_module.init_app(app)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app.config["BACKEND_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = monotonic()
        assert shown(client) == 503
    assert 0.4 <= monotonic() - begun < 3


def test_the_waits_are_bounded_as_shipped() -> None:
    assert backend_module._TIMEOUT.connect_timeout == 1.0
    assert backend_module._TIMEOUT.read_timeout == 3.0


def test_connections_are_kept(client: FlaskClient) -> None:
    """One connection serves request after request, where the backend keeps it open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.application.config["BACKEND_URL"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answers: list[int] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(4096):
                    answers.append(len(answers))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
                    if len(answers) == 3:
                        return

        thread = Thread(target=serve)
        thread.start()
        assert [shown(client) for _ in range(3)] == [200] * 3
        thread.join(timeout=5)
    assert answers == [0, 1, 2]
