"""How a request uses the database: one statement that commits by itself, bounded in time, and never two waits in a row.

A statement that finds the database away waits for it once, at most `DATABASE_TIMEOUT`. From then on requests are
refused at once until a trial succeeds (see `application.outage`), so that they do not queue up.
"""

from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import Any, TypeVar

from flask import Flask, current_app
from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect, Select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from application.database import db
from application.engine import timed_out
from application.iam import LoginError
from application.outage import Outage, UnavailableError

_Result = TypeVar("_Result")

_EXTENSION = "application.outage"

_AT_ONCE = 0.1
"""Seconds. A connection that broke so soon has cost no wait worth speaking of, so there is time for another."""


def init_app(app: Flask) -> None:
    """Let the application remember whether its database is away."""
    app.extensions[_EXTENSION] = Outage("the database", app.logger)


def read(statement: Select[tuple[str]], **parameters: object) -> list[str]:
    """Return the one column that a statement selects.

    A connection that turns out to be broken off, as all are once the server has been restarted, is replaced in
    silence and the statement repeated, once.

    Raises:
        UnavailableError: the database is away.
    """
    if db.has_session:
        return list(db.session.scalars(statement, parameters))
    return _run(lambda connection: [value for (value,) in _execute(connection, statement, parameters)], attempts=2)


def write(statement: ClauseElement, **parameters: object) -> int:
    """Run a statement that changes rows, commit it, and return how many rows it changed.

    It is never repeated: a connection that breaks off leaves open whether the change was made.

    Raises:
        UnavailableError: the database is away.
        IntegrityError: a row of this key is there already.
    """
    if db.has_session:
        changed = _execute(db.session.connection(), statement, parameters).rowcount
        db.session.commit()
        return changed
    return _run(lambda connection: _execute(connection, statement, parameters).rowcount, attempts=1)


def reason_of(error: Exception) -> str:
    """Say in one line what a database said, without the statement and the link that SQLAlchemy adds."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = cause.args[1] if len(cause.args) > 1 else cause
    return " ".join(str(text).split())


def _execute(connection: Connection, statement: ClauseElement, parameters: dict[str, Any]) -> CursorResult[Any]:
    """Run a statement as text. To have SQLAlchemy prepare it at each use would cost half as much as the query."""
    text, constants = _prepared(statement, connection.dialect)
    return connection.exec_driver_sql(text, constants | parameters)


@cache
def _prepared(statement: ClauseElement, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Return a statement as text, and the parameters that SQLAlchemy has given it, as SQLite's OFFSET."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), compiled.params


def _run(work: Callable[[Connection], _Result], *, attempts: int) -> _Result:
    outage: Outage = current_app.extensions[_EXTENSION]
    begun = monotonic()
    with outage.attempt():
        while True:
            attempts -= 1
            try:
                with _connect(outage) as connection:
                    return work(connection)
            except IntegrityError:
                outage.ended()  # an error, but the answer of a database that is well
                raise
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                if error.orig is not None and timed_out(error.orig):
                    outage.began(reason_of(error))
                elif attempts > 0 and monotonic() - begun < _AT_ONCE:
                    continue
                raise UnavailableError(reason_of(error)) from error


def _connect(outage: Outage) -> Connection:
    """Take a connection of the pool, or make one."""
    try:
        return db.serving_engine.connect()
    except (DBAPIError, LoginError) as error:
        outage.began(reason_of(error))
        raise UnavailableError(reason_of(error)) from error
    except PoolTimeoutError as error:  # the others may well get an answer
        raise UnavailableError("all connections to the database are in use") from error
