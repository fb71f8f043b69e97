"""What only the database's master may do: make the schema, and the account that the service signs in with."""

import re
from collections.abc import Iterator
from dataclasses import replace

from flask import Flask
from sqlalchemy import String, TextClause, bindparam, text

from application.config import RDS_CA, DatabaseSettings, SettingError, aws_region
from application.engine import make_engine
from application.iam import master_credentials

SERVICE_PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE"
"""What serving takes: rows, and nothing about tables."""

ALL_PRIVILEGES = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, "
    "EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER"
)
"""What a test run takes, which makes and drops its own tables: all that RDS' master may do in a schema.

`ALL PRIVILEGES` has one more, DELETE HISTORY, and MariaDB lets nobody grant what he does not have.
"""


def sign_in_as_master(app: Flask, secret: str) -> DatabaseSettings:
    """Make the application's login the master's from here on: by password, over verified TLS.

    The secret holds the login alone; host, port and schema stay those of the configured URI.

    Raises:
        SettingError: the URI or the region is missing or cannot work.
        LoginError: the secret cannot be read.
    """
    uri = DatabaseSettings.from_config(app.config).uri
    if not (uri.host and uri.database):
        raise SettingError("DATABASE_ADMIN_SECRET needs a URI with host and schema: mysql+pymysql://USER@HOST/SCHEMA")
    username, password = master_credentials(secret, aws_region(app.config))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=uri.set(username=username, password=password),
        DATABASE_AUTH="password",
        DATABASE_CA=app.config["DATABASE_CA"] or str(RDS_CA),
    )
    return DatabaseSettings.from_config(app.config)


def provision(master: DatabaseSettings, account: str | None, privileges: str = SERVICE_PRIVILEGES) -> None:
    """Make the schema if it is missing, and the account with its privileges on it. Safe to repeat.

    Args:
        master: the master's login, and the schema to make.
        account: the user to make, who signs in by IAM token and over TLS only; None makes none.
        privileges: what the account may do in the schema.
    """
    engine = make_engine(replace(master, uri=master.uri.set(database="")))
    try:
        with engine.begin() as connection:
            for statement in statements(master.uri.database or "", account, privileges):
                connection.execute(statement)
    finally:
        engine.dispose()


def statements(schema: str, account: str | None, privileges: str) -> Iterator[TextClause]:
    """Yield the statements that `provision` runs, in their order.

    Raises:
        SettingError: the schema's name, which no placeholder can carry, is more than letters, digits, _ and -.
    """
    if not re.fullmatch(r"[0-9A-Za-z_-]+", schema):
        raise SettingError(f"the schema in the database URI is {schema!r}; allowed are letters, digits, _ and -")
    yield text(f"CREATE DATABASE IF NOT EXISTS `{schema}` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
    if account is not None:
        user = bindparam("user", account, String())
        yield text(
            "CREATE USER IF NOT EXISTS :user@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
        ).bindparams(user)
        # GRANT takes _ as a wildcard, which would let other schemas in.
        exactly = schema.replace("_", r"\_")
        yield text(f"GRANT {privileges} ON `{exactly}`.* TO :user@'%'").bindparams(user)
