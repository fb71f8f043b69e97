"""Time-outs, verified TLS and tokens, seen where they meet the driver."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import pymysql
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from application.config import RDS_CA, DatabaseSettings, SettingError
from application.engine import make_engine, make_serving_engine, timed_out
from application.iam import TokenSigner

URI = make_url("mysql+pymysql://application@db.example:3307/users")


def serving(settings: DatabaseSettings, sign: TokenSigner = lambda *_: "token") -> Engine:
    """The engine for requests, with a signer of the test's own."""
    return make_serving_engine(settings, make_engine(settings, sign), sign)


class DialledError(Exception):
    """Raised in place of a connection; carries what the driver was asked for."""


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every attempt to connect, as the driver's keyword arguments. None succeeds."""
    attempts: list[dict[str, Any]] = []

    def connect(**arguments: Any) -> None:
        attempts.append(arguments)
        raise DialledError

    monkeypatch.setattr(pymysql, "connect", connect)
    return attempts


def dial(engine: Engine) -> None:
    """Make it connect, in vain."""
    with pytest.raises(DialledError):
        engine.connect()


@pytest.mark.parametrize("make", [make_engine, serving])
def test_each_connection_gets_a_token_of_its_own(
    dialled: list[dict[str, Any]], make: Callable[[DatabaseSettings, TokenSigner], Engine]
) -> None:
    asked = []

    def sign(host: str, port: int, user: str, region: str) -> str:
        asked.append((host, port, user, region))
        return f"token-{len(asked)}"

    engine = make(DatabaseSettings(URI, ca=RDS_CA, region="eu-west-2"), sign)
    assert asked == []
    dial(engine)
    dial(engine)
    assert asked == [("db.example", 3307, "application", "eu-west-2")] * 2
    assert [attempt["password"] for attempt in dialled] == ["token-1", "token-2"]


@pytest.mark.parametrize("make", [make_engine, serving])
def test_a_token_goes_over_verified_tls_only(
    dialled: list[dict[str, Any]], make: Callable[[DatabaseSettings, TokenSigner], Engine]
) -> None:
    dial(make(DatabaseSettings(URI, ca=RDS_CA, region="eu-west-2"), lambda *_: "token"))
    context = dialled[0]["ssl"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == RDS_CA.read_text().count("BEGIN CERTIFICATE")


def test_the_driver_refuses_a_server_without_tls() -> None:
    """PyMySQL signs in over TLS or not at all, once it has a context: the guarantee that IAM login rests on."""
    greeting = b"\x0a5.5.5-10.11.0-MariaDB\0" + bytes(4) + b"12345678\0" + b"\x00\x82\x21\x02\x00\x08\x80\x15"
    greeting += bytes(10) + b"123456789012\0mysql_clear_password\0"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        uri = make_url(f"mysql+pymysql://application@127.0.0.1:{port}/users")
        engine = serving(DatabaseSettings(uri, ca=RDS_CA, region="eu-west-2"))
        received = bytearray()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
                while chunk := connection.recv(1024):
                    received.extend(chunk)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OperationalError, match="SSL is required"):
            engine.connect()
        thread.join()
    assert b"token" not in received


def test_a_password_login_is_left_as_the_uri_says(dialled: list[dict[str, Any]]) -> None:
    dial(make_engine(DatabaseSettings(make_url("mysql+pymysql://user:secret@db/users"))))
    assert dialled[0]["password"] == "secret"
    assert "ssl" not in dialled[0]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_one_line(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(SettingError, match=rf"DATABASE_CA: no certificate authorities can be read from {bundle}"):
        make_engine(DatabaseSettings(URI, ca=bundle))


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_says_nothing_is_given_up_on(silent: int) -> None:
    uri = make_url(f"mysql+pymysql://user@127.0.0.1:{silent}/users")
    begun = monotonic()
    with pytest.raises(OperationalError) as raised:
        serving(DatabaseSettings(uri, timeout=0.2)).connect()
    assert 0.2 <= monotonic() - begun < 2
    assert raised.value.orig is not None
    assert timed_out(raised.value.orig)


def test_people_and_jobs_wait_longer_than_requests(dialled: list[dict[str, Any]]) -> None:
    settings = DatabaseSettings(URI, timeout=0.2)
    for engine in (serving(settings), make_engine(settings), make_engine(settings, patient=True)):
        dial(engine)
    waits = [(attempt["connect_timeout"], attempt["read_timeout"]) for attempt in dialled]
    assert waits == [(0.2, 0.2), (3.0, 30.0), (3.0, None)]


def test_threads_share_the_one_database_in_memory() -> None:
    engine = make_engine(DatabaseSettings(make_url("sqlite://")))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))

    def rows() -> int | None:
        with engine.connect() as connection:
            return connection.execute(text("SELECT COUNT(*) FROM t")).scalar()

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(rows).result() == 0
    engine.dispose()
