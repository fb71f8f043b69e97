"""A shopping list: the smallest application that keeps something in the database."""

import os
from functools import cache
from http import HTTPStatus
from typing import Any

import boto3
import click
from flask import Flask, Response, jsonify
from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, event, insert, make_url, select, text

app = Flask(__name__)
uri = make_url(os.environ["DATABASE_URI"])
tables = MetaData()
items = Table("items", tables, Column("name", String(100), primary_key=True))
TLS = {"ssl": {"ca": os.environ.get("DATABASE_CA", "rds-ca.pem")}} if uri.host else {}


@cache
def database() -> Engine:
    """Return the engine that signs in with a token of AWS, made for each new connection."""
    engine = create_engine(uri, connect_args=TLS)
    if os.environ["DATABASE_AUTH"] == "iam":
        rds = boto3.client("rds")

        @event.listens_for(engine, "do_connect")
        def sign_in(_dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
            parameters["password"] = rds.generate_db_auth_token(uri.host, uri.port or 3306, uri.username)

    return engine


@app.get("/backend")
def listed() -> Response:
    """Answer all items."""
    with database().connect() as connection:
        return jsonify(list(connection.scalars(select(items.c.name))))


@app.get("/healthz")
@app.get("/readyz")
def alive() -> tuple[str, int]:
    """Say that the process turns."""
    return "", HTTPStatus.NO_CONTENT


@app.cli.command()
def prepare_database() -> None:
    """Make schema, account, table and first item; what is there already stays."""
    engine = database()
    if secret := os.environ.get("DATABASE_ADMIN_SECRET"):
        login = app.json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
        master = uri.set(username=login["username"], password=login["password"])
        with create_engine(master.set(database=""), connect_args=TLS).begin() as connection:
            connection.execute(text(f"CREATE DATABASE IF NOT EXISTS `{uri.database}`"))
            account = f"'{uri.username}'@'%'"
            by_token = "IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
            connection.execute(text(f"CREATE USER IF NOT EXISTS {account} {by_token}"))
            connection.execute(text(f"GRANT SELECT ON `{uri.database}`.* TO {account}"))
        engine = create_engine(master, connect_args=TLS)
    tables.create_all(engine)
    with engine.begin() as connection:
        if connection.scalar(select(items.c.name)) is None:
            connection.execute(insert(items).values(name="a loaf of bread"))
    click.echo("The list is there.")
