"""What may be kept by caches, and what a notice does to that."""

import time
from http.cookies import SimpleCookie

import pytest
from flask.testing import FlaskClient

from tests.page import Page
from tests.stub_backend import StubBackend


@pytest.mark.parametrize("path", ["/", "/?after=Bob"])
def test_a_list_is_kept_for_moments(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr("application.routes.time", lambda: 1234567.9)
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "max-age=1, stale-while-revalidate=1, stale-if-error=300"
    assert headers["X-Accel-Expires"] == "@1234567"


def test_a_list_is_as_old_as_the_question(
    client: FlaskClient, backend: StubBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend may take its time, and what it says may have been read at the beginning of it."""
    monkeypatch.setattr("application.routes.time", lambda: 100.0 + len(backend.asked))
    assert client.get("/").headers["X-Accel-Expires"] == "@100"


@pytest.mark.parametrize("cookie", ["ADDED:Zo%C3%AB", "nonsense", ""])
def test_a_page_asked_for_with_a_notice_is_nobody_elses(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("notice", cookie)
    headers = client.get("/").headers
    assert headers["Cache-Control"] == "no-store"
    assert "X-Accel-Expires" not in headers


@pytest.mark.parametrize(
    "cookie", ["nonsense", "ADDED", "ADDED:", ":Bob", "STOLEN:Bob", f"ADDED:{'x' * 2000}", "%00", "name:Bob"]
)
def test_a_notice_that_is_not_ours_is_not_shown(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("notice", cookie)
    response = client.get("/")
    assert response.status_code == 200
    assert 'role="status"' not in response.text


def test_a_notice_is_text_and_never_markup(client: FlaskClient) -> None:
    client.set_cookie("notice", "REMOVED:%3Cscript%3E%3C!--%23%20exec%20--%3E%22%FF")
    response = client.get("/")
    assert "script" not in Page(response).tags
    assert response.text.count("<!--#") == 1  # ours


def test_another_cookie_changes_nothing(client: FlaskClient) -> None:
    client.set_cookie("theme", "dark")
    assert "max-age" in client.get("/").headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [("/users", "Zo ;ë,2", "ADDED:Zo%20%3B%C3%AB%2C2"), ("/users/remove", "Zoë", "REMOVED:Zo%C3%AB")],
)
def test_the_notice_lives_for_seconds_and_is_for_the_server_alone(
    client: FlaskClient, path: str, name: str, value: str
) -> None:
    response = client.post(path, data={"name": name})
    (cookie,) = SimpleCookie(response.headers["Set-Cookie"]).values()
    assert (cookie.key, cookie.value) == ("notice", value)
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == ("5", "/", "Lax")
    assert cookie["httponly"]


def test_the_longest_name_fits_into_a_notice(client: FlaskClient) -> None:
    client.post("/users", data={"name": "😀" * 50})
    assert "😀" * 50 + "</bdi> was added." in client.get("/").text


def test_style_sheet_and_icon_are_kept_for_good(client: FlaskClient) -> None:
    links = [link for link in Page(client.get("/")).linked if link.startswith("/static/")]
    assert len(links) == 2
    for link in links:
        with client.get(link) as response:
            assert response.status_code == 200
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789ab"])
def test_a_static_file_of_another_release_is_not_kept(client: FlaskClient, query: str) -> None:
    with client.get(f"/static/style.css{query}") as response:
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/../config.py", "/static/"])
def test_a_static_file_that_is_not_there_is_not_kept(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_not_kept(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_time_is_read_when_the_page_is_asked_for(client: FlaskClient) -> None:
    before = int(time.time())
    assert before <= int(client.get("/").headers["X-Accel-Expires"][1:]) <= time.time()
