"""The migrations make what the models say, and can be taken back."""

from pathlib import Path
from typing import Any

import pymysql
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import inspect

from application import create_app, db, schema
from application.models import Users


class DialledError(Exception):
    """Raised in place of a connection."""


def test_the_migrated_schema_is_the_models(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["db", "upgrade"]).exit_code == 0
    result = runner.invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_names_are_compared_by_code_points_in_the_migrated_schema(app: Flask, client: FlaskClient) -> None:
    in_order = ["Zoe", "Zoe ", "Zoë", "zoe"]
    with app.app_context():
        schema.upgrade_schema()
        db.session.add_all(Users(userName=name) for name in reversed(in_order))
        db.session.commit()
    assert [user["userName"] for user in client.get("/backend").get_json()] == in_order


def test_every_migration_can_be_taken_back(app: Flask, runner: FlaskCliRunner) -> None:
    runner.invoke(args=["db", "upgrade"])
    assert runner.invoke(args=["db", "downgrade", "base"]).exit_code == 0
    with app.app_context():
        assert inspect(db.engine).get_table_names() == ["alembic_version"]


def test_the_statements_can_be_printed_for_a_review(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["db", "upgrade", "--sql"])
    assert result.exit_code == 0
    assert "CREATE TABLE users" in result.output


def test_there_is_one_line_of_migrations(app: Flask) -> None:
    with app.app_context():
        assert len(schema.scripts().get_heads()) == 1


def test_a_migration_waits_for_the_server_as_long_as_it_takes(
    unreachable: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[dict[str, Any]] = []

    def connect(**arguments: Any) -> None:
        dialled.append(arguments)
        raise DialledError

    monkeypatch.setattr(pymysql, "connect", connect)
    with create_app(unreachable).app_context(), pytest.raises(DialledError), db.migration_connection():
        pass
    assert [attempt["read_timeout"] for attempt in dialled] == [None]


def test_migrations_are_found_from_any_folder(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runner.invoke(args=["db", "upgrade"]).exit_code == 0
    with app.app_context():
        assert schema.revisions() == {"0001"}
