"""Who may change something: our own pages and what is no browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from application import origin


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    origin.init_app(app)
    app.add_url_rule("/", view_func=lambda: "done", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return app.test_client()


OURS = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
    {"Origin": "http://users.example:8080"},
    {"Origin": "https://users.example:8080"},
    {"Origin": "https://USERS.example:8080"},
]
ANOTHERS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://users.example:8080"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "https://users.example"},
    {"Origin": "https://users.example:8081"},
    {"Origin": "https://users.example:8080.elsewhere.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "://"},
    {"Origin": "users.example:8080"},
    {"Origin": "null", "Host": ""},
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", OURS)
def test_what_is_ours_is_let_through(client: FlaskClient, method: str, headers: dict[str, str]) -> None:
    assert client.open("/", method=method, headers={"Host": "users.example:8080", **headers}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", ANOTHERS)
def test_what_another_origin_asks_for_is_refused(client: FlaskClient, method: str, headers: dict[str, str]) -> None:
    assert client.open("/", method=method, headers={"Host": "users.example:8080", **headers}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("headers", ANOTHERS)
def test_anyone_may_look(client: FlaskClient, method: str, headers: dict[str, str]) -> None:
    assert client.open("/", method=method, headers={"Host": "users.example:8080", **headers}).status_code == 200


def test_a_refusal_comes_before_the_question_whether_there_is_such_a_thing(client: FlaskClient) -> None:
    assert client.post("/nothing", headers={"Origin": "null"}).status_code == 403


def test_the_application_refuses() -> None:
    from application import create_app

    assert create_app().test_client().post("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
