"""SQLAlchemy engines: pools, time-outs, verified TLS and IAM login, all decided by `DatabaseSettings`."""

import ssl
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine, event

from application.config import DatabaseSettings, SettingError
from application.iam import TokenSigner, rds_token

POOL_SIZE = 4
"""Connections of a worker. It has as many threads: more would wait for a connection, fewer would leave one unused."""

# Seconds. A request that meets a dead or hanging database has to be told so, not kept waiting.
_CONNECT_TIMEOUT = 1.0
_WRITE_TIMEOUT = 2.0
_POOL_TIMEOUT = 1.0

# Seconds. Shorter than any idle time after which a server or a firewall in between forgets a connection.
_POOL_RECYCLE = 300

_MYSQL_PORT = 3306


def make_engine(settings: DatabaseSettings, sign: TokenSigner = rds_token) -> Engine:
    """Make an engine. It connects when it is first used, not here.

    Args:
        settings: which database, and how to sign in.
        sign: makes the token of each new connection in IAM mode; AWS's own unless a test brings another.

    Raises:
        SettingError: the certificate authorities cannot be read.
    """
    if settings.is_sqlite:
        return create_engine(settings.uri, **_sqlite_options(settings))
    engine = create_engine(
        settings.uri,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT,
        pool_recycle=_POOL_RECYCLE,
        connect_args=_mysql_connect_args(settings),
    )
    if settings.region is not None:
        _sign_in_by_token(engine, settings.region, sign)
    return engine


def _sqlite_options(settings: DatabaseSettings) -> dict[str, Any]:
    if settings.uri.database in (None, "", ":memory:"):
        # Each connection to memory is a database of its own, so all threads share one.
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    return {}


def _mysql_connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    arguments = {
        "connect_timeout": _CONNECT_TIMEOUT,
        "read_timeout": settings.read_timeout,
        "write_timeout": _WRITE_TIMEOUT,
    }
    if settings.ca is None:
        return arguments
    return {**arguments, "ssl": _verifying_context(settings.ca)}


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
