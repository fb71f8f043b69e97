"""`GET /backend`: its shape, its order, and what it answers while something is wrong."""

import logging
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from application import create_app, db
from application.models import Users


def add(app: Flask, *names: str) -> None:
    with app.app_context():
        db.session.add_all(Users(userName=name) for name in names)
        db.session.commit()


@pytest.mark.usefixtures("tables")
def test_no_users_is_an_empty_array(client: FlaskClient) -> None:
    response = client.get("/backend")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.get_json() == []


@pytest.mark.usefixtures("tables")
def test_users_come_in_the_order_of_their_code_points(app: Flask, client: FlaskClient) -> None:
    in_order = ["Bob", "Zoe", "Zoe ", "Zoë", "bob", "Éva", "李", "😀"]
    add(app, *reversed(in_order))
    assert client.get("/backend").get_json() == [{"userName": name} for name in in_order]


@pytest.mark.usefixtures("tables")
def test_a_name_is_there_once(app: Flask) -> None:
    add(app, "Bob")
    with pytest.raises(IntegrityError):
        add(app, "Bob")


@pytest.mark.usefixtures("tables")
def test_the_longest_name_is_counted_in_characters(app: Flask, client: FlaskClient) -> None:
    add(app, "😀" * 50)
    assert client.get("/backend").get_json() == [{"userName": "😀" * 50}]


def test_a_database_that_is_away_is_503_with_retry_after_and_logged_once(
    unreachable: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(unreachable)
    for _ in range(3):
        response = app.test_client().get("/backend")
        assert response.status_code == 503
        assert response.mimetype == "application/problem+json"
        assert response.headers["Retry-After"] == "5"
        assert response.get_json() == {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The database does not answer. Please try again in a moment.",
        }
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the database is unavailable: Can't connect to MySQL server on '127.0.0.1'" in line.getMessage()
    assert line.exc_info is None


def test_the_end_of_an_outage_is_logged_once(
    unreachable: dict[str, str | None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there = unreachable | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/users.db"}
    app = create_app(there)
    with app.app_context():
        db.create_all()
    statuses = []
    for settings in (there, unreachable) * 2:
        app.config.update(settings)
        statuses += [app.test_client().get("/backend").status_code for _ in range(2)]
    assert statuses == [200, 200, 503, 503] * 2
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [message.split(":")[0].split(" after")[0] for message in messages] == [
        "the database is unavailable",
        "the database is back",
        "the database is unavailable",
    ]


@pytest.mark.usefixtures("tables")
def test_unknown_paths_and_methods_are_problems(client: FlaskClient) -> None:
    missing = client.get("/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert missing.get_json()["title"] == "Not Found"
    refused = client.delete("/backend")
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
    assert "GET" in refused.headers["Allow"]


def test_a_bug_is_a_problem_too_and_tells_nothing_of_itself(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/bug", view_func=lambda: str(1 / 0))
    response = client.get("/bug")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "division" not in response.text
