"""The suite's database: TEST_DATABASE_URI where it is set, else SQLite in memory. It is emptied around each test."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import MetaData

import application
from application import create_app, db


@pytest.fixture(autouse=True)
def nothing_but_the_test_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may ever reach what the service itself is configured for."""
    monkeypatch.delenv("DATABASE_URI", raising=False)
    monkeypatch.delenv("DATABASE_ADMIN_SECRET", raising=False)
    monkeypatch.setenv("TEST_DATABASE_URI", os.environ.get("TEST_DATABASE_URI") or "sqlite://")
    monkeypatch.setitem(application.app.config, "SQLALCHEMY_DATABASE_URI", None)
    monkeypatch.setitem(application.app.config, "DATABASE_ADMIN_SECRET", None)


def drop_every_table() -> None:
    with db.engine.begin() as connection:
        found = MetaData()
        found.reflect(connection)
        found.drop_all(connection)


@pytest.fixture
def app() -> Iterator[Flask]:
    """An application of the test's own on an empty database."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": os.environ["TEST_DATABASE_URI"]})
    with app.app_context():
        drop_every_table()
    yield app
    with app.app_context():
        drop_every_table()
        db.engine.dispose()


@pytest.fixture
def tables(app: Flask) -> None:
    with app.app_context():
        db.create_all()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def unreachable() -> dict[str, str | None]:
    """The settings of a database that is away: nothing listens at port 1, so it refuses at once."""
    uri = "mysql+pymysql://user@127.0.0.1:1/users"
    return {"SQLALCHEMY_DATABASE_URI": uri, "DATABASE_AUTH": "password", "DATABASE_CA": None}
