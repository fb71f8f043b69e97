"""Commands for the pipeline, the migration job and people: `flask --app application …`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from application import master, schema
from application.config import DatabaseSettings, SettingError
from application.iam import LoginError
from application.statements import reason_of


def add_to(app: Flask) -> None:
    """Add the commands to the application's. Flask-Migrate brings its own, `flask --app application db …`."""
    schema.MIGRATE.init_app(app)
    app.cli.add_command(seed)
    app.cli.add_command(prepare_database)


@click.command()
@with_appcontext
def seed() -> None:
    """Add those of the five first users that are missing."""
    with _readable_errors():
        _report_added(schema.add_first_users())


@click.command()
@click.option("--all-privileges", is_flag=True, help="For test schemas: let the account make and drop tables too.")
@with_appcontext
def prepare_database(all_privileges: bool) -> None:
    """Make the database ready for this release: account, schema, migrations, first users. Safe to repeat.

    With DATABASE_ADMIN_SECRET set, works as the master that the secret names, who also makes the schema and, where
    DATABASE_AUTH is iam, the account in DATABASE_URI; else works as DATABASE_URI says. First users are added
    to an empty table only, so that a release brings no one back. A database that a newer release has migrated
    is left as it is, and that is success: a roll-back must not fail here.
    """
    with _readable_errors():
        if secret := current_app.config["DATABASE_ADMIN_SECRET"]:
            _provision(secret, master.ALL_PRIVILEGES if all_privileges else master.SERVICE_PRIVILEGES)
        _migrate()


def _provision(secret: str, privileges: str) -> None:
    service = DatabaseSettings.from_config(current_app.config)
    account = service.uri.username if service.region is not None else None
    login = master.sign_in_as_master(current_app, secret)
    master.provision(login, account, privileges)
    click.echo(f"Schema {login.uri.database} is there.")
    if account is not None:
        click.echo(f"Account {account} is there: IAM login over TLS, {privileges}.")


def _migrate() -> None:
    before = schema.revisions()
    unknown = [revision for revision in before if not schema.is_known(revision)]
    if unknown:
        click.echo(
            f"The database is at revision {unknown[0]}, which this release does not know: "
            "it is ahead of this image, and is left as it is."
        )
        return
    schema.upgrade_schema()
    after = schema.revisions()
    click.echo(
        f"Migrated from {_name(before)} to {_name(after)}." if before != after else f"At {_name(after)} already."
    )
    if not schema.has_users():
        _report_added(schema.add_first_users())


def _name(revisions: set[str]) -> str:
    return ", ".join(sorted(revisions)) or "an empty schema"


def _report_added(names: list[str]) -> None:
    click.echo(f"Added {', '.join(names)}." if names else "The first users are all there.")


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Say what went wrong in one line and exit with 1, for what whoever runs the command can mend."""
    try:
        yield
    except DBAPIError as error:
        raise click.ClickException(f"database: {reason_of(error)}") from error
    except (SettingError, LoginError, CommandError) as error:
        raise click.ClickException(str(error)) from error
