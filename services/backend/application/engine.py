"""SQLAlchemy engines: pools, time-outs, verified TLS and IAM login, all decided by `DatabaseSettings`."""

import ssl
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import pymysql
from sqlalchemy import Engine, StaticPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from application.config import DatabaseSettings, SettingError
from application.iam import TokenSigner, rds_token

POOL_SIZE = 4
"""Connections of a worker. It has as many threads: more would wait for a connection, fewer would leave one unused."""

# Seconds. How long people and jobs wait; requests wait as briefly as the settings say.
_CONNECT_TIMEOUT = 3.0
_READ_TIMEOUT = 30.0

# Seconds. Threads are as many as connections, so that none waits unless somebody changed that; then it is for one
# statement of another thread, and must leave time for the own.
_POOL_TIMEOUT = 0.1

# Seconds. Shorter than any idle time after which a server or a firewall in between forgets a connection.
_POOL_RECYCLE = 300

# Seconds. A connection in use a moment ago is taken as it is: to ask it first would be half of a request's work.
_IDLE = 1.0

_MYSQL_PORT = 3306


def make_engine(settings: DatabaseSettings, sign: TokenSigner = rds_token, *, patient: bool = False) -> Engine:
    """Make an engine with transactions, for commands and test scripts. It connects when it is first used, not here.

    Args:
        settings: which database, and how to sign in.
        sign: makes the token of each new connection in IAM mode; AWS's own unless a test brings another.
        patient: wait for the server's answer without end, as a change of the schema may have to.

    Raises:
        SettingError: the certificate authorities cannot be read.
    """
    if settings.is_sqlite:
        return create_engine(settings.uri, paramstyle="named", **_sqlite_options(settings))  # PyMySQL's are named, too
    return _make_mysql_engine(
        settings,
        sign,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT, "read_timeout": None if patient else _READ_TIMEOUT},
        pool_pre_ping=True,
    )


def make_serving_engine(settings: DatabaseSettings, engine: Engine, sign: TokenSigner = rds_token) -> Engine:
    """Make the engine for requests: a statement is one round trip, which commits by itself.

    It waits for the server as long as the settings say, and keeps `POOL_SIZE` connections. One that has been idle
    is asked first whether it still works, and replaced in silence if the server has closed it; a server that does not
    answer this question is not asked again.

    Args:
        settings: which database, and how to sign in.
        engine: the engine with transactions of the same settings. SQLite shares its connections.
        sign: as for `make_engine`.

    Raises:
        SettingError: the certificate authorities cannot be read.
    """
    if settings.is_sqlite:
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    serving = _make_mysql_engine(
        settings,
        sign,
        connect_args={
            "connect_timeout": settings.timeout,
            "read_timeout": settings.timeout,
            "write_timeout": settings.timeout,
            "autocommit": True,  # PyMySQL would turn it off first
        },
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,  # nothing is open that it would end
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT,
    )
    _ask_idle_connections(serving)
    return serving


def timed_out(error: BaseException) -> bool:
    """Whether an error of the driver means that the whole time-out passed. It keeps the socket's error as context."""
    return isinstance(error.__context__, TimeoutError)


def _sqlite_options(settings: DatabaseSettings) -> dict[str, Any]:
    if settings.uri.database in (None, "", ":memory:"):
        # Each connection to memory is a database of its own, so all threads share one.
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    return {}


def _make_mysql_engine(
    settings: DatabaseSettings, sign: TokenSigner, connect_args: dict[str, Any], **options: Any
) -> Engine:
    tls = {} if settings.ca is None else {"ssl": _verifying_context(settings.ca)}
    engine = create_engine(settings.uri, connect_args=connect_args | tls, pool_recycle=_POOL_RECYCLE, **options)
    if settings.region is not None:
        _sign_in_by_token(engine, settings.region, sign)
    return engine


def _verifying_context(ca: Path) -> ssl.SSLContext:
    """Trust these authorities and no others, and demand the server's own name in its certificate.

    Given a context, PyMySQL signs in over TLS or not at all.
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # SSLError is one: the file is there but holds no certificate
        raise SettingError(
            f"DATABASE_CA: no certificate authorities can be read from {ca} ({error.strerror or error}); "
            "without them the server cannot be verified"
        ) from None


def _sign_in_by_token(engine: Engine, region: str, sign: TokenSigner) -> None:
    """Give each new connection a password made for it. One that is open outlives the 15 minutes of its token."""
    uri = engine.url

    @event.listens_for(engine, "do_connect")
    def set_token(_dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
        parameters["password"] = sign(uri.host or "", uri.port or _MYSQL_PORT, uri.username or "", region)


def _ask_idle_connections(engine: Engine) -> None:
    """Ask a connection that has been idle whether it still works, before it is used.

    SQLAlchemy's own `pool_pre_ping` would ask at each use, and wait again, for a new connection, after a time-out.
    """

    @event.listens_for(engine, "checkin")
    def note_use(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask_if_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if monotonic() - record.info.get("used", inf) < _IDLE:  # inf: just made
            return
        try:
            engine.dialect.do_ping(connection)
        except pymysql.MySQLError as error:
            if timed_out(error):
                raise
            raise DisconnectionError from error
