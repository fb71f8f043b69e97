"""The migrations make what the models say, and can be taken back."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import Engine, inspect, make_url
from sqlalchemy.exc import OperationalError

from application import create_app, db, schema
from application.config import DatabaseSettings
from application.engine import make_engine
from application.models import Users


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
    asked: list[DatabaseSettings] = []

    def dial(settings: DatabaseSettings) -> Engine:
        asked.append(settings)
        return make_engine(settings)

    monkeypatch.setattr("application.database.make_engine", dial)
    with create_app(unreachable).app_context(), pytest.raises(OperationalError), db.migration_connection():
        pass
    assert asked == [DatabaseSettings(make_url("mysql+pymysql://user@127.0.0.1:1/users"), read_timeout=None)]


def test_migrations_are_found_from_any_folder(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runner.invoke(args=["db", "upgrade"]).exit_code == 0
    with app.app_context():
        assert schema.revisions() == {"0001"}
