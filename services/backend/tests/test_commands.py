"""The commands, as the pipeline and the migration job run them."""

from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import text

from application import create_app, db, master
from application.config import RDS_CA, DatabaseSettings, SettingError
from application.iam import Credentials, LoginError
from application.models import Users

FIRST = ["Bob", "Ferg", "Jay", "Matt", "Mo"]
RDS = "mysql+pymysql://application@db.example/users"


def names(client: FlaskClient) -> list[str]:
    return [user["userName"] for user in client.get("/backend").get_json()]


def prepare(runner: FlaskCliRunner, *options: str) -> Result:
    return runner.invoke(args=["prepare-database", *options])


def test_an_empty_schema_is_migrated_and_filled(runner: FlaskCliRunner, client: FlaskClient) -> None:
    result = prepare(runner)
    assert (result.exit_code, result.output) == (
        0,
        "Migrated from an empty schema to 0001.\nAdded Bob, Jay, Matt, Ferg, Mo.\n",
    )
    assert names(client) == FIRST


def test_a_repetition_changes_nothing(runner: FlaskCliRunner, client: FlaskClient) -> None:
    prepare(runner)
    result = prepare(runner)
    assert (result.exit_code, result.output) == (0, "At 0001 already.\n")
    assert names(client) == FIRST


def test_a_release_brings_no_one_back(app: Flask, runner: FlaskCliRunner, client: FlaskClient) -> None:
    prepare(runner)
    with app.app_context():
        db.session.delete(db.session.get_one(Users, "Bob"))
        db.session.commit()
    prepare(runner)
    assert names(client) == FIRST[1:]


def test_seed_adds_those_who_are_missing(app: Flask, runner: FlaskCliRunner, client: FlaskClient) -> None:
    with app.app_context():
        db.create_all()
        db.session.add_all([Users(userName="Mo"), Users(userName="Zoe")])
        db.session.commit()
    assert runner.invoke(args=["seed"]).output == "Added Bob, Jay, Matt, Ferg.\n"
    assert runner.invoke(args=["seed"]).output == "The first users are all there.\n"
    assert names(client) == [*FIRST, "Zoe"]


def test_a_database_ahead_of_the_release_is_success_and_left_alone(
    app: Flask, runner: FlaskCliRunner, client: FlaskClient
) -> None:
    prepare(runner)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DELETE FROM users"))
    result = prepare(runner)
    assert result.exit_code == 0
    assert result.output.startswith("The database is at revision 9999, which this release does not know")
    assert names(client) == []
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize("command", ["seed", "prepare-database"])
def test_a_database_that_is_away_is_one_line(unreachable: dict[str, str | None], command: str) -> None:
    result = create_app(unreachable).test_cli_runner().invoke(args=[command])
    assert result.exit_code == 1
    assert result.output.startswith("Error: database: Can't connect to MySQL server on '127.0.0.1'")
    assert result.output.count("\n") == 1


def test_help_lists_the_commands(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["--help"])
    assert result.exit_code == 0
    assert all(f"\n  {command} " in result.output for command in ("db", "prepare-database", "seed"))


def test_no_database_is_one_line() -> None:
    result = create_app({"SQLALCHEMY_DATABASE_URI": None}).test_cli_runner().invoke(args=["seed"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: no database is configured: set DATABASE_URI")
    assert result.output.count("\n") == 1


class TestAsMaster:
    """With DATABASE_ADMIN_SECRET set. A server with RDS's plugin is not to be had here; its statements are read."""

    @pytest.fixture(autouse=True)
    def secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(master, "master_credentials", lambda *_: Credentials("admin", "p@ss/word"))

    @pytest.fixture
    def iam_app(self) -> Flask:
        return create_app(
            {
                "SQLALCHEMY_DATABASE_URI": RDS,
                "DATABASE_AUTH": "iam",
                "DATABASE_CA": None,
                "DATABASE_ADMIN_SECRET": "arn",
                "AWS_REGION": "eu-west-2",
            }
        )

    def test_the_login_becomes_the_masters_over_verified_tls(self, iam_app: Flask) -> None:
        login = master.sign_in_as_master(iam_app, "arn")
        assert login.uri.render_as_string(hide_password=False) == "mysql+pymysql://admin:p%40ss%2Fword@db.example/users"
        assert (login.ca, login.region) == (RDS_CA, None)
        assert DatabaseSettings.from_config(iam_app.config) == login

    def test_the_schema_and_the_account_come_before_the_migration(
        self, iam_app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        provisioned: list[tuple[Any, ...]] = []

        def provision(login: DatabaseSettings, *account: str) -> None:
            provisioned.append((login.uri.username, *account))
            iam_app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"

        monkeypatch.setattr(master, "provision", provision)
        result = prepare(iam_app.test_cli_runner())
        assert provisioned == [("admin", "application", "SELECT, INSERT, UPDATE, DELETE")]
        assert result.output.splitlines() == [
            "Schema users is there.",
            "Account application is there: IAM login over TLS, SELECT, INSERT, UPDATE, DELETE.",
            "Migrated from an empty schema to 0001.",
            "Added Bob, Jay, Matt, Ferg, Mo.",
        ]
        with iam_app.app_context():
            db.engine.dispose()

    def test_a_test_schema_may_be_handed_over_whole(self, iam_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        provisioned: list[tuple[Any, ...]] = []
        monkeypatch.setattr(master, "provision", lambda *arguments: provisioned.append(arguments[1:]))
        monkeypatch.setattr("application.commands._migrate", lambda: None)
        assert prepare(iam_app.test_cli_runner(), "--all-privileges").exit_code == 0
        assert provisioned == [("application", master.ALL_PRIVILEGES)]

    def test_a_password_account_is_not_touched(self, iam_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        provisioned: list[tuple[Any, ...]] = []
        monkeypatch.setattr(master, "provision", lambda *arguments: provisioned.append(arguments[1:]))
        monkeypatch.setattr("application.commands._migrate", lambda: None)
        iam_app.config["DATABASE_AUTH"] = "password"
        assert prepare(iam_app.test_cli_runner()).output == "Schema users is there.\n"
        assert provisioned == [(None, "SELECT, INSERT, UPDATE, DELETE")]

    def test_a_secret_that_cannot_be_read_is_one_line(self, iam_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: str) -> Credentials:
            raise LoginError("the master's secret arn cannot be read")

        monkeypatch.setattr(master, "master_credentials", refuse)
        result = prepare(iam_app.test_cli_runner())
        assert (result.exit_code, result.output) == (1, "Error: the master's secret arn cannot be read\n")

    def test_sqlite_has_no_master(self, runner: FlaskCliRunner, app: Flask) -> None:
        app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", DATABASE_AUTH="password", DATABASE_ADMIN_SECRET="arn")
        result = prepare(runner)
        assert result.exit_code == 1
        assert result.output.startswith("Error: DATABASE_ADMIN_SECRET needs a URI with host and schema")


def test_the_account_may_read_and_write_rows_of_one_schema_and_needs_tls() -> None:
    statements = [
        str(statement.compile(compile_kwargs={"literal_binds": True}))
        for statement in master.statements("build_1", "app'lication", master.SERVICE_PRIVILEGES)
    ]
    assert statements == [
        "CREATE DATABASE IF NOT EXISTS `build_1` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        "CREATE USER IF NOT EXISTS 'app''lication'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
        r"GRANT SELECT, INSERT, UPDATE, DELETE ON `build\_1`.* TO 'app''lication'@'%'",
    ]


@pytest.mark.parametrize("schema", ["", "users`; DROP DATABASE mysql", "per%", ":user"])
def test_a_schema_that_would_need_quoting_is_refused(schema: str) -> None:
    with pytest.raises(SettingError, match="allowed are letters, digits, _ and -"):
        list(master.statements(schema, None, master.SERVICE_PRIVILEGES))


def test_a_schema_can_be_provisioned_again_and_again(app: Flask) -> None:
    with app.app_context():
        settings = db.settings
    if settings.is_sqlite:
        pytest.skip("SQLite has no schemas to make; set TEST_DATABASE_URI to a MariaDB schema")
    for _ in range(2):
        master.provision(settings, account=None)
