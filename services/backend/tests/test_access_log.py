"""One line of JSON for each request and error, whatever is in it, and the same id everywhere."""

import json
import os
import re
import select
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from application import access_log
from application.metrics import metrics

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def app() -> Flask:
    """An application of the test's own."""
    app = Flask(__name__, static_folder=None)
    access_log.init_app(app)
    app.add_url_rule("/", view_func=lambda: f"{request.environ[access_log.REQUEST_ID]}", endpoint="root")
    app.add_url_rule("/name/<path:name>", view_func=lambda **_: Response(status=204), endpoint="name")
    app.add_url_rule("/stream", view_func=lambda: Response(iter([b"a", b"b"])), endpoint="stream")
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="healthz")
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Lines:
    """The lines since the last call."""
    return lambda: [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return metrics().registry.get_sample_value("http_requests_total", labels) or 0.0


def test_a_request_is_one_line(client: FlaskClient, logged: Lines) -> None:
    client.get("/?after=Mo", headers={"X-Request-ID": "abc-1"})
    (line,) = logged()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("seconds") < 10
    assert line == {
        "service": access_log.SERVICE,
        "request_id": "abc-1",
        "method": "GET",
        "uri": "/?after=Mo",
        "status": 200,
        "whole": True,
    }


def test_the_id_is_the_clients_in_the_application_and_the_answer_too(client: FlaskClient, logged: Lines) -> None:
    response = client.get("/", headers={"X-Request-ID": "a.B_c-1"})
    assert response.text == response.headers["X-Request-ID"] == logged()[0]["request_id"] == "a.B_c-1"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, 'a"b', "é", "a,b"])
def test_an_id_is_made_where_there_is_no_good_one(client: FlaskClient, logged: Lines, sent: str) -> None:
    responses = [client.get("/", headers={"X-Request-ID": sent} if sent else {}) for _ in range(2)]
    made = [response.headers["X-Request-ID"] for response in responses]
    assert [line["request_id"] for line in logged()] == [response.text for response in responses] == made
    assert all(re.fullmatch("[0-9a-f]{32}", id_) for id_ in made)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/name/%0A%22%5C%7B%7D", "/name/%0A%22%5C%7B%7D"),
        ("/name/Zo%C3%AB%2F%25", "/name/Zo%C3%AB/%25"),
        ("/name/a%3Fb?after=%F0%9F%98%80&limit=1", "/name/a%3Fb?after=%F0%9F%98%80&limit=1"),
    ],
)
def test_a_path_breaks_no_line(client: FlaskClient, logged: Lines, path: str, uri: str) -> None:
    client.delete(path)
    (line,) = logged()
    assert (line["uri"], line["status"]) == (uri, 405)


def test_no_line_is_longer_than_a_pipe_takes_at_once(
    app: Flask, client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get(f"/name/{'ë' * 2000}?{'x' * 5000}")
    app.logger.error("%s", "😀\n" * 5000)
    lines = capfd.readouterr().out.splitlines(keepends=True)
    assert all(1000 < len(line.encode()) <= select.PIPE_BUF for line in lines)
    uri, message = json.loads(lines[0])["uri"], json.loads(lines[1])["message"]
    assert uri.startswith("/name/%C3%AB")
    assert uri.endswith("xxx")
    assert message.startswith("😀\n")


def test_health_is_not_logged_but_counted(client: FlaskClient, logged: Lines) -> None:
    before = counted("GET", "/healthz", 200)
    client.get("/healthz")
    assert logged() == []
    assert counted("GET", "/healthz", 200) == before + 1


def test_a_streamed_answer_is_logged_when_it_ends(client: FlaskClient, logged: Lines) -> None:
    response = client.get("/stream", buffered=False)
    pieces = response.iter_encoded()
    assert next(pieces) == b"a"
    assert logged() == []
    assert list(pieces) == [b"b"]
    response.close()
    (line,) = logged()
    assert (line["uri"], line["status"], line["whole"]) == ("/stream", 200, True)


def test_a_client_that_goes_away_is_told(client: FlaskClient, logged: Lines) -> None:
    response = client.get("/stream", buffered=False)
    next(response.iter_encoded())
    response.close()
    (line,) = logged()
    assert (line["status"], line["whole"]) == (200, False)


def test_a_stream_that_fails_reaches_the_server_and_is_told(app: Flask, client: FlaskClient, logged: Lines) -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise ConnectionError

    app.add_url_rule("/broken", view_func=lambda: Response(broken()))
    response = client.get("/broken", buffered=False)
    with pytest.raises(ConnectionError):
        list(response.iter_encoded())
    response.close()
    (line,) = logged()
    assert (line["uri"], line["whole"]) == ("/broken", False)


def test_a_bug_is_a_line_with_its_traceback_and_the_requests_id(app: Flask, client: FlaskClient, logged: Lines) -> None:
    app.add_url_rule("/bug", view_func=lambda: str(1 / 0))
    client.get("/bug", headers={"X-Request-ID": "abc-1"})
    error, line = logged()
    assert (error["level"], error["request_id"]) == ("error", "abc-1")
    assert error["exception"].startswith("Traceback")
    assert error["exception"].endswith("ZeroDivisionError: division by zero")
    assert (line["status"], line["request_id"], line["whole"]) == (500, "abc-1", True)


def test_what_even_the_framework_does_not_catch_is_told(app: Flask, client: FlaskClient, logged: Lines) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/bug", view_func=lambda: str(1 / 0))
    with pytest.raises(ZeroDivisionError):
        client.get("/bug")
    assert [line["status"] for line in logged() if "status" in line] == [500]


def test_a_line_outside_of_a_request_has_no_id(app: Flask, logged: Lines) -> None:
    app.logger.warning("the %s is back", "database")
    (line,) = logged()
    assert (line["level"], line["message"], line["service"]) == ("warning", "the database is back", access_log.SERVICE)
    assert "request_id" not in line


def test_requests_are_counted_by_the_rule_that_matched(client: FlaskClient) -> None:
    expected = [("GET", "/name/<path:name>", 204), ("GET", "none", 404), ("other", "none", 405)]
    before = [counted(*key) for key in expected]
    client.get("/name/a")
    client.get("/name/b")
    client.get("/nothing")
    client.open("/", method="BREW")
    assert [counted(*key) for key in expected] == [before[0] + 2, before[1] + 1, before[2] + 1]


def test_what_kubernetes_asks_is_counted_apart_from_what_users_ask(client: FlaskClient) -> None:
    before, users = counted("GET", "probe", 204), counted("GET", "/name/<path:name>", 204)
    client.get("/name/a", headers={"User-Agent": "kube-probe/1.36"})
    assert (counted("GET", "probe", 204), counted("GET", "/name/<path:name>", 204)) == (before + 1, users)


def test_a_log_that_nobody_reads_stops_no_request(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(access_log, "_STDOUT", writer)
    assert client.get("/").status_code == 200
    os.close(writer)


def test_an_answer_at_hand_goes_to_the_server_as_a_list(app: Flask, client: FlaskClient) -> None:
    """Granian sends a list at once, and anything else piece by piece."""
    kinds = {}
    inner = app.wsgi_app

    def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        body = inner(environ, start_response)
        kinds[environ["PATH_INFO"]] = isinstance(body, list)
        return body

    app.wsgi_app = watched  # type: ignore[method-assign]  # Flask's documented way to wrap
    for path in ("/", "/name/a", "/stream"):
        client.get(path)
    assert kinds == {"/": True, "/name/a": True, "/stream": False}
