"""What the API answers, and how soon, while the database is away, breaks off connections or does not answer."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from application import create_app, db, statements
from application.models import Users
from application.outage import TRIAL_INTERVAL, Outage, UnavailableError

TIMEOUT = 1.0
"""Seconds that the application waits for the server: so long that the delays of a busy machine are none."""

NO_WAIT = 0.6
"""Seconds in which an answer comes that waited for nothing, on a busy machine."""


class Clock:
    """The clock of the application's outage, for tests to turn."""

    def __init__(self) -> None:
        self.now = monotonic()

    def __call__(self) -> float:
        return self.now


def clock_of(app: Flask) -> Clock:
    clock = Clock()
    app.extensions[statements._EXTENSION] = Outage("the database", app.logger, clock)
    return clock


CONNECT = socket.create_connection


class Server:
    """A way to the database's server that a test can cut off or hold up."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break off every connection; new ones are taken."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def freeze(self) -> None:
        """Take connections and requests, and answer nothing."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def close(self) -> None:
        self.thaw()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = CONNECT(self._address)
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source, sink:
            while chunk := source.recv(65536):
                self._flowing.wait()
                sink.sendall(chunk)


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    """The way that the application takes to its database, with Bob in it.

    It stays the address that the application knows: a login token and a certificate are good for no other.
    """
    with app.app_context():
        settings = db.settings
        db.create_all()
        db.session.add(Users(userName="Bob"))
        db.session.commit()
    if settings.is_sqlite:
        pytest.skip("SQLite has no server to be away; set TEST_DATABASE_URI to a MariaDB schema")
    address = (settings.uri.host or "", settings.uri.port or 3306)
    server = Server(address)

    def connect(asked: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
        return CONNECT(("127.0.0.1", server.port) if asked == address else asked, *arguments, **options)

    app.config.update(DATABASE_TIMEOUT=str(TIMEOUT))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", connect)
        yield server
    server.close()
    with app.app_context():
        db.serving_engine.dispose()


def names(client: FlaskClient) -> list[str]:
    response = client.get("/backend")
    assert response.status_code == 200
    return [user["userName"] for user in response.get_json()]


def refused(client: FlaskClient, method: str = "GET", path: str = "/backend", **options: Any) -> float:
    """Make a request that is answered by 503; the seconds that it took."""
    begun = monotonic()
    response = client.open(path, method=method, **options)
    seconds = monotonic() - begun
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["detail"] == "The database does not answer. Please try again in a moment."
    return seconds


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_it_is_503_and_logged_once(unreachable: dict[str, str | None], caplog: pytest.LogCaptureFixture) -> None:
    client = create_app(unreachable).test_client()
    refused(client)
    refused(client, "POST", json={"userName": "Mo"})
    refused(client, "DELETE", "/backend/Mo")
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the database is unavailable: Can't connect to MySQL server on '127.0.0.1'" in line.getMessage()
    assert line.exc_info is None


def test_its_end_is_noticed_by_the_next_trial_and_logged(
    unreachable: dict[str, str | None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there = unreachable | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/users.db"}
    app = create_app(there)
    clock = clock_of(app)
    client = app.test_client()
    with app.app_context():
        db.create_all()
    assert names(client) == []
    app.config.update(unreachable)
    refused(client)
    app.config.update(there)
    refused(client)
    clock.now += TRIAL_INTERVAL
    assert names(client) == []
    messages = [message.split(":")[0].split(" after")[0] for message in warnings(caplog)]
    assert messages == ["the database is unavailable", "the database is back"]


@pytest.mark.usefixtures("tables")
def test_a_statement_that_the_database_refuses_is_503_but_no_outage(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE users RENAME TO others"))
    response = client.get("/backend")
    with app.app_context():
        is_sqlite = db.settings.is_sqlite
    # What SQLite calls operational, as it does a locked file, MariaDB calls a mistake.
    assert response.status_code == (503 if is_sqlite else 500)
    if is_sqlite:
        assert warnings(caplog) == ["the database refused a statement: no such table: users"]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE others RENAME TO users"))
    assert names(client) == []


def test_a_broken_connection_is_replaced_in_silence(
    server: Server, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert names(client) == ["Bob"]
    for _ in range(3):
        server.cut()
        assert names(client) == ["Bob"]
    assert server.connections == 4
    assert warnings(caplog) == []


def test_a_write_is_not_repeated_when_its_connection_breaks(
    server: Server, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert names(client) == ["Bob"]
    server.cut()
    refused(client, "DELETE", "/backend/Bob")
    assert client.delete("/backend/Bob").status_code == 204
    assert warnings(caplog) == []


def test_a_write_on_a_connection_that_broke_while_idle_is_done(
    server: Server, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names(client) == ["Bob"]
    server.cut()
    monkeypatch.setattr("application.engine._IDLE", 0.0)
    assert client.delete("/backend/Bob").status_code == 204


@pytest.mark.parametrize("idle", [0.0, 1000.0])
def test_a_server_that_does_not_answer_is_waited_for_once(
    server: Server, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, idle: float
) -> None:
    clock = clock_of(app)
    assert names(client) == ["Bob"]
    monkeypatch.setattr("application.engine._IDLE", idle)
    server.freeze()
    assert refused(client) < 2 * TIMEOUT
    assert server.connections == 1
    for _ in range(3):
        assert refused(client) < NO_WAIT
    clock.now += TRIAL_INTERVAL
    assert TIMEOUT <= refused(client) < 2 * TIMEOUT
    assert refused(client) < NO_WAIT
    server.thaw()
    clock.now += TRIAL_INTERVAL
    assert names(client) == ["Bob"]


@pytest.mark.parametrize("how", ["freeze", "cut"])
def test_an_outage_in_the_middle_of_a_list_breaks_it_off(
    server: Server, app: Flask, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("application.routes.LONGEST_PAGE", 1)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("INSERT INTO users VALUES ('Jay'), ('Mo')"))
    client = app.test_client()
    pieces = iter(client.get("/backend").response)
    assert next(pieces) == b'[{"userName":"Bob"}'
    server.cut()
    assert next(pieces) == b',{"userName":"Jay"}'
    if how == "cut":
        server.close()
    server.freeze()
    with pytest.raises(UnavailableError):
        next(pieces)
    assert list(pieces) == []


def test_requests_do_not_queue_up(server: Server, app: Flask, client: FlaskClient) -> None:
    """Four threads, as a worker has, and many requests: each is waited for by itself at most once, then none."""
    assert names(client) == ["Bob"]
    server.freeze()
    seconds: list[float] = []

    def ask() -> None:
        client = app.test_client()
        seconds.extend([refused(client) for _ in range(3)])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == 12
    assert max(seconds) < 2 * TIMEOUT
    # The four, and at most two that were trials meanwhile.
    assert sum(one >= NO_WAIT for one in seconds) <= 6


def test_no_free_connection_is_no_outage(
    server: Server, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("application.engine.POOL_SIZE", 1)
    with app.app_context(), db.serving_engine.connect():
        assert refused(client) < 2 * TIMEOUT
    assert server.connections == 1
    assert names(client) == ["Bob"]
    assert warnings(caplog) == []


@pytest.mark.usefixtures("server")
def test_a_request_is_one_statement_that_commits_by_itself(app: Flask, client: FlaskClient) -> None:
    def asked() -> tuple[int, int]:
        """Return which connection serves requests, and how many statements it was asked; others' do not count."""
        with app.app_context(), db.serving_engine.connect() as connection:
            number = connection.scalar(text("SELECT CONNECTION_ID()"))
            return int(number), int(connection.execute(text("SHOW SESSION STATUS LIKE 'Questions'")).one()[1])

    assert names(client) == ["Bob"]
    number, before = asked()
    client.get("/backend?limit=50")
    client.post("/backend", json={"userName": "Mo"})
    client.delete("/backend/Bob")
    assert asked() == (number, before + 3 + 2), "three of the requests', and what asks for that"
