"""What a reader and the log see while the backend is away, hangs, or talks nonsense."""

import logging
import socket
from collections.abc import Iterator
from http import HTTPStatus
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from application import backend as backend_module
from application import outage as outage_module
from application.connection import MAX_BYTES
from tests.page import Page, shown_after
from tests.raw_server import OK, RawServer, answering, hanging, keeping
from tests.stub_backend import StubBackend, serving


def shown(client: FlaskClient) -> int:
    """Ask for the page; where it is the friendly one, check that it is whole."""
    response = client.get("/")
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        assert response.mimetype == "text/html"
        assert response.headers["Retry-After"] == "5"
        assert response.headers["Cache-Control"] == "no-store"
        page = Page(response)
        assert page.texts["h1"] == "The users cannot be shown right now"
        assert page.links == {"Try again": "/"}
    return response.status_code


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert all(record.exc_info is None for record in records)
    return [record.getMessage() for record in records]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request during an outage is a trial."""
    monkeypatch.setattr(outage_module, "TRIAL_INTERVAL", 0.0)


@pytest.fixture
def hung(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    """A backend that accepts, and says nothing."""
    with RawServer(hanging) as server:
        monkeypatch.setitem(app.config, "BACKEND_URL", server.url)
        yield server


@pytest.mark.usefixtures("eager")
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
    assert began.startswith(f"the backend is unavailable: GET http://127.0.0.1:{free_port}: ")
    assert "Connection refused" in began
    assert ended.startswith("the backend is back after ")


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [
        ("404 Not Found", [], "the answer has status 404"),
        ("302 Found", [], "the answer has status 302"),
        ("500 Internal Server Error", {"detail": "Broken."}, "the answer has status 500"),
        ("200 OK", b"<html>", "the answer is something else than users"),
        ("200 OK", b"\xff", "the answer is something else than users"),
        ("200 OK", {"userName": "Bob"}, "the answer is something else than users"),
        ("200 OK", [{"name": "Bob"}], "the answer is something else than users"),
        ("200 OK", [{"userName": None}], "the answer is something else than users"),
        ("200 OK", ["Bob"], "the answer is something else than users"),
        ("200 OK", b" " * MAX_BYTES, f"the connection broke off: the answer has more than {MAX_BYTES} bytes"),
    ],
)
def test_an_answer_without_users_is_a_503_and_a_line_in_the_log(
    client: FlaskClient, backend: StubBackend, caplog: pytest.LogCaptureFixture, status: str, content: Any, says: str
) -> None:
    backend.answer = (status, content)
    assert shown(client) == 503
    assert told(caplog) == [f"GET {backend.url}: {says}"]
    backend.answer = None
    assert shown(client) == 200, "nonsense is no outage, and nobody else waits for its end"


@pytest.mark.parametrize("content", [b"", b"{}", {"userName": 1}, ["Bob"]])
def test_an_added_user_without_a_name_is_nonsense(
    client: FlaskClient, backend: StubBackend, caplog: pytest.LogCaptureFixture, content: Any
) -> None:
    backend.answer = ("201 Created", content)
    assert client.post("/users", data={"name": "Ada"}).status_code == 503
    assert told(caplog) == [f"POST {backend.url}: the answer is something else than a user"]


@pytest.mark.parametrize("link", ['</backend?limit=50>; rel="next"', '<>; rel="next"', '<http://[>; rel="next"'])
def test_a_next_page_that_begins_nowhere_is_nonsense(client: FlaskClient, backend: StubBackend, link: str) -> None:
    backend.headers = [("Link", link)]
    assert shown(client) == 503


@pytest.mark.parametrize("link", ['</backend?after=A>; rel="prev"', "nonsense", ""])
def test_another_link_is_no_next_page(client: FlaskClient, backend: StubBackend, link: str) -> None:
    backend.headers = [("Link", link)]
    assert Page(client.get("/")).links == {}


@pytest.mark.parametrize(
    ("status", "header"),
    [("503 Service Unavailable", ("Retry-After", "5")), ("302 Found", ("Location", "/elsewhere"))],
)
def test_an_answer_is_not_asked_for_again_and_not_followed(
    client: FlaskClient, backend: StubBackend, status: str, header: tuple[str, str]
) -> None:
    backend.answer, backend.headers = (status, {}), [header]
    assert shown(client) == 503
    assert len(backend.asked) == 1


def test_a_backend_without_its_database_says_so_itself(
    client: FlaskClient, backend: StubBackend, caplog: pytest.LogCaptureFixture
) -> None:
    backend.answer = ("503 Service Unavailable", {"detail": "The database does not answer."})
    assert [shown(client) for _ in range(3)] == [503] * 3
    assert len(backend.asked) == 3, "the backend answers at once, and each of its pods for itself"
    assert told(caplog) == []


def test_a_backend_that_says_nothing_is_given_up_on_in_time(client: FlaskClient, hung: RawServer) -> None:
    begun = monotonic()
    assert shown(client) == 503
    assert 0.7 <= monotonic() - begun < 2  # the busiest machine is left a second
    assert hung.connections == 1


def test_two_answers_for_one_page_share_its_time(app: Flask, client: FlaskClient) -> None:
    """The error at a form needs a second answer, for the list below it."""

    def late(connection: socket.socket) -> None:
        connection.recv(4096)
        sleep(0.5)
        content = b'{"detail": "No."}'
        connection.sendall(b"HTTP/1.1 422 U\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
        hanging(connection)

    with RawServer(late) as server:
        app.config["BACKEND_URL"] = server.url
        begun = monotonic()
        assert client.post("/users", data={"name": "Ada"}).status_code == 503
        assert monotonic() - begun < 1.2  # each for itself would take 1.25


def test_requests_do_not_queue_up_behind_a_backend_that_hangs(app: Flask, hung: RawServer) -> None:
    slow: list[float] = []

    def read(count: int) -> None:
        client = app.test_client()
        for _ in range(count):
            begun = monotonic()
            assert shown(client) == 503
            slow.append(monotonic() - begun)

    readers = [Thread(target=read, args=(20,)) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(slow) == 80
    assert max(slow) < 2
    # The first of each reader's; and of the others, one at a time and not in a row.
    assert sum(seconds > 0.5 for seconds in slow) <= 4 + 2
    assert hung.connections <= 4 + 2


def test_the_page_is_back_soon_after_the_backend(
    app: Flask, client: FlaskClient, backend: StubBackend, free_port: int
) -> None:
    app.config["BACKEND_URL"] = f"http://127.0.0.1:{free_port}"
    assert shown(client) == 503
    app.config["BACKEND_URL"] = backend.url
    assert shown(client) == 503, "it was asked again at once"
    begun = monotonic()
    while shown(client) != 200:
        assert monotonic() - begun < 3
        sleep(0.01)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_page_whose_connection_breaks_off_is_asked_for_once_more(
    app: Flask, client: FlaskClient, failures: int
) -> None:
    with RawServer(*[answering(b"")] * failures, keeping()) as server:
        app.config["BACKEND_URL"] = server.url
        assert shown(client) == (200 if failures == 1 else 503)
        assert server.connections == 2
        assert shown(client) == 200, "it is no outage"


def test_connections_are_kept(app: Flask, client: FlaskClient) -> None:
    with RawServer(keeping(OK)) as server:
        app.config["BACKEND_URL"] = server.url
        assert [shown(client) for _ in range(3)] == [200] * 3
        assert server.connections == 1


NAME = '"Zoë" <3'


@pytest.mark.usefixtures("eager")
def test_a_name_that_could_not_be_added_is_kept_to_be_sent_again(
    app: Flask, client: FlaskClient, backend: StubBackend, free_port: int
) -> None:
    app.config["BACKEND_URL"] = f"http://127.0.0.1:{free_port}"
    response = client.post("/users", data={"name": NAME, "after": "Bob"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Cache-Control"] == "no-store"
    form = Page(response).form("Add user")
    assert form.fields == {"name": NAME, "after": "Bob"}
    app.config["BACKEND_URL"] = backend.url
    again = form.send(client, "Add user")
    assert again.headers["Location"] == "/?after=Bob"
    assert NAME in backend.names
    assert Page(client.get("/")).texts["status"].strip() == f"{NAME} was added."


@pytest.mark.usefixtures("eager")
def test_a_user_who_could_not_be_removed_can_be_in_a_moment(
    app: Flask, client: FlaskClient, backend: StubBackend, free_port: int
) -> None:
    backend.names.append(NAME)
    app.config["BACKEND_URL"] = f"http://127.0.0.1:{free_port}"
    response = client.post("/users/remove", data={"name": NAME})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    form = Page(response).form(f"Remove {NAME}")
    app.config["BACKEND_URL"] = backend.url
    assert shown_after(client, form.send(client, f"Remove {NAME}")).names == ["Bob", "Zoë"]


@pytest.mark.parametrize("path", ["/users", "/users/remove"])
def test_a_change_that_may_have_been_made_is_not_tried_again(app: Flask, client: FlaskClient, path: str) -> None:
    with RawServer(answering(b""), keeping()) as server:
        app.config["BACKEND_URL"] = server.url
        assert client.post(path, data={"name": "Ada"}).status_code == 503
        assert server.connections == 1


def test_a_page_that_cannot_be_shown_can_be_asked_for_again(app: Flask, client: FlaskClient, free_port: int) -> None:
    app.config["BACKEND_URL"] = f"http://127.0.0.1:{free_port}"
    assert Page(client.get("/?after=Zo%C3%AB%26x")).links == {"Try again": "/?after=Zo%C3%AB%26x"}


def test_the_waits_fit_into_a_second_as_shipped() -> None:
    assert backend_module.PATIENCE == 0.75


@pytest.mark.usefixtures("hung")
def test_the_answer_to_nginxs_second_question_waits_for_nobody(client: FlaskClient) -> None:
    begun = monotonic()
    assert client.get("/", headers={"X-Outage": "1"}).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert monotonic() - begun < backend_module.PATIENCE
