"""Keep the schema of a test run: hold it for as long as the run lasts, then drop it.

ci/test runs this inside the backend's image, whose settings name account and schema in DATABASE_URI and the master in
DATABASE_ADMIN_SECRET. It says `ready`, reads until its input ends or it is told to end, and drops the schema with what
the account was granted on it. The input ends with the run, however that ends.

While a schema is held, the server holds a lock of its name for this connection. A schema whose lock is free belongs to
a run whose host has died: whoever comes next drops it.
"""

import os
import re
import select
import signal
import sys
from dataclasses import replace

from sqlalchemy import Connection, make_url, text

from application import app
from application.engine import make_engine
from application.master import ALL_PRIVILEGES, sign_in_as_master

OF_A_RUN = re.compile(r"test_\d{14}_\w+")
"""The name of a run's schema: test_, time, commit, process."""

SILENCE = 60
"""Seconds after which the server gives up a connection that says nothing, and with it the lock."""


def keep(connection: Connection, schema: str, account: str) -> None:
    """Hold the schema until the input ends, then drop it; before that, those that nobody holds."""
    connection.execute(text("SET SESSION wait_timeout = :seconds"), {"seconds": SILENCE})
    if not connection.scalar(text("SELECT GET_LOCK(:schema, 0)"), {"schema": schema}):
        sys.exit(f"another run holds the schema {schema}")
    for found in connection.scalars(text("SHOW DATABASES LIKE 'test\\_%'")).all():
        if OF_A_RUN.fullmatch(found) and connection.scalar(text("SELECT IS_FREE_LOCK(:found)"), {"found": found}):
            sys.stderr.write(f"dropping {found}, which a run has left\n")
            drop(connection, found, account)
    try:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not select.select([sys.stdin], [], [], SILENCE / 3)[0]:
            connection.execute(text("SELECT 1"))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        drop(connection, schema, account)


def drop(connection: Connection, schema: str, account: str) -> None:
    """Drop a schema, gone already or not, and what was granted on it.

    A privilege outlives its schema, and names it as a pattern, in which `_` stands escaped.
    """
    quote = connection.dialect.identifier_preparer.quote_identifier
    granted = {"pattern": schema.replace("_", r"\_"), "account": account}
    connection.execute(text(f"DROP DATABASE IF EXISTS {quote(schema)}"))
    if connection.scalar(text("SELECT 1 FROM mysql.db WHERE Db = :pattern AND User = :account"), granted):
        connection.execute(text(f"REVOKE {ALL_PRIVILEGES} ON {quote(granted['pattern'])}.* FROM :account@'%'"), granted)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    account = make_url(os.environ["DATABASE_URI"]).username or ""
    master = sign_in_as_master(app, os.environ["DATABASE_ADMIN_SECRET"])
    schema = master.uri.database or ""
    if not OF_A_RUN.fullmatch(schema):
        sys.exit(f"{schema} is not the schema of a test run (test_TIME_…), so it is not dropped")
    # Signed in without a schema, since this one may not be there.
    engine = make_engine(replace(master, uri=master.uri.set(database="")))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        keep(connection, schema, account)
