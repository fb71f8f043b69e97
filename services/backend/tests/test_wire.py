"""The API as a client meets it: over a connection to the service's own process."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from application import create_app, db
from tests.odd import ODD
from tests.service import PATIENCE, Service

pytestmark = pytest.mark.full

MANY = 200_000
"""Users of a list that would be noticed if it were whole in memory: 60 MB as Python's objects."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on a database of its own, with the users that `user` names."""
    folder = tmp_path_factory.mktemp("service")
    uri = f"sqlite:///{folder}/users.db"
    with create_app({"SQLALCHEMY_DATABASE_URI": uri, "DATABASE_AUTH": "password"}).app_context():
        db.create_all()
        with db.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO users WITH RECURSIVE numbers (n) AS "
                    "(SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :many) "
                    "SELECT printf('user %06d', n) FROM numbers"
                ),
                {"many": MANY},
            )
        db.engine.dispose()
    with Service({"DATABASE_URI": uri, "DATABASE_AUTH": "password"}, folder) as service:
        yield service


def user(number: int) -> str:
    return f"user {number:06d}"


def ask(service: Service, method: str, path: str, body: object = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def status_of(service: Service, request: bytes) -> int:
    """Send bytes as they are; the status of the answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(request + b"Host: localhost\r\nConnection: close\r\n\r\n")
        answer = connection.makefile("rb").readline()
    return int(answer.split()[1])


@pytest.mark.parametrize("name", ODD)
def test_any_name_makes_the_round_trip(service: Service, name: str) -> None:
    path = f"/backend/{quote(name, safe='')}"
    assert ask(service, "POST", "/backend", {"userName": name}) == (
        201,
        json.dumps({"userName": name}, ensure_ascii=False, separators=(",", ":")),
    )
    assert ask(service, "DELETE", path)[0] == 204
    assert ask(service, "DELETE", path)[0] == 404


@pytest.mark.parametrize(
    "path", [b"//", b"//a", b"/a/../b", b"a//b", b"%2e%2e", b"?", b"/%00", b"/%ff", b"/%", b"/%zz"]
)
def test_no_path_is_redirected_or_an_error_of_the_server(service: Service, path: bytes) -> None:
    assert status_of(service, b"DELETE /backend/" + path + b" HTTP/1.1\r\n") == 404


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /backend?after=%ff HTTP/1.1", 422),
        (b"GET /backend?after=%ed%a0%80 HTTP/1.1", 422),
        (b"GET /backend?limit=%00 HTTP/1.1", 422),
        (b"GET /backend?after=\xff HTTP/1.1", 400),
        (b"GET /backend/\xff HTTP/1.1", 400),
        (b"DELETE /backend/%ed%a0%80 HTTP/1.1", 404),
    ],
)
def test_bad_encodings_are_the_clients_error(service: Service, request_line: bytes, status: int) -> None:
    assert status_of(service, request_line + b"\r\n") == status


def test_half_of_a_surrogate_pair_is_no_name(service: Service) -> None:
    status, answer = ask(service, "POST", "/backend", {"userName": "\ud800"})
    assert (status, json.loads(answer)["detail"].split(";")[0]) == (422, "The name holds half of a surrogate pair")


def peak_memory(service: Service) -> int:
    """The most memory that a worker has had, in kB."""
    return max(
        int(line.split()[1])
        for worker in service.workers()
        for line in Path(f"/proc/{worker}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the workers' memory in Linux's /proc")
def test_a_long_list_is_whole_and_never_in_memory(service: Service) -> None:
    for _ in range(4):
        ask(service, "GET", "/backend?limit=1000")
    before = peak_memory(service)
    status, answer = ask(service, "GET", "/backend")
    assert status == 200
    assert [found["userName"] for found in json.loads(answer)] == [user(number) for number in range(MANY)]
    assert peak_memory(service) - before < 10_000


def test_slow_readers_do_not_keep_the_others_from_an_answer(service: Service) -> None:
    with ExitStack() as open_connections:
        for _ in range(12):
            reader = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
            open_connections.enter_context(reader)
            reader.sendall(b"GET /backend HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert reader.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 503")
        for _ in range(12):
            assert ask(service, "GET", "/backend?limit=1")[0] == 200
