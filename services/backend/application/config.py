"""Settings: where they come from, what they default to, and which of them cannot work.

The environment is copied into Flask's configuration as it is, and checked only when the database is first
needed. So a test script may import the application with nothing set and configure it afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

RDS_CA = Path(__file__).resolve().parent.parent / "rds-ca.pem"
"""The certificate authorities of Amazon RDS, which sign every RDS server's certificate."""

_DRIVERS = ("mysql+pymysql", "mariadb+pymysql", "sqlite", "sqlite+pysqlite")
_LOGINS = ("password", "iam")

_SETTINGS = ("SQLALCHEMY_DATABASE_URI", "DATABASE_AUTH", "DATABASE_CA", "AWS_REGION", "DATABASE_TIMEOUT")
"""The part of the configuration that `DatabaseSettings` are made of, in the order in which it is checked."""

_TIMEOUT = 0.5
_LONGEST_TIMEOUT = 60.0


class SettingError(RuntimeError):
    """A setting is missing or cannot work. The message is one line for whoever sets it."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Translate the environment into Flask's configuration. An empty variable counts as unset.

    - `DATABASE_URI`: SQLAlchemy URL of the database; no default.
    - `DATABASE_AUTH`: `password` (default: the URL says how to sign in) or `iam` (a fresh token a connection).
    - `DATABASE_CA`: path of a bundle of certificate authorities. Set, it demands verified TLS.
      Default: RDS's own bundle where TLS is not optional (IAM and the master's login), else none.
    - `DATABASE_TIMEOUT`: seconds that a request waits for the database, to connect or to answer; default 0.5, so that
      a busy machine, too, answers within 0.75 s, and the page is there within a second, whatever happens.
    - `DATABASE_ADMIN_SECRET`: ARN of the master's secret; only the migration has it.
    - `AWS_REGION`: where tokens are signed for and the secret is read; no default.
    - `SECRET_KEY`: optional, nothing here signs with it.
    - `RELEASE`: what `/healthz` reports; default `dev`.
    """

    def get(name: str, default: str | None = None) -> str | None:
        return environ.get(name) or default

    return {
        "SQLALCHEMY_DATABASE_URI": get("DATABASE_URI"),
        "DATABASE_AUTH": get("DATABASE_AUTH", "password"),
        "DATABASE_CA": get("DATABASE_CA"),
        "DATABASE_TIMEOUT": get("DATABASE_TIMEOUT", str(_TIMEOUT)),
        "DATABASE_ADMIN_SECRET": get("DATABASE_ADMIN_SECRET"),
        "AWS_REGION": get("AWS_REGION"),
        "SECRET_KEY": get("SECRET_KEY"),
        "RELEASE": get("RELEASE", "dev"),
    }


@dataclass(frozen=True)
class DatabaseSettings:
    """How to reach the database. Equal settings make equal engines.

    Attributes:
        uri: where the database is, and in password mode how to sign in.
        ca: certificate authorities to verify the server with; None asks for no verified TLS.
        region: the AWS region to sign IAM tokens for; None means that the URI carries the login.
        timeout: seconds that a request waits for the server, to connect or to answer.
    """

    uri: URL
    ca: Path | None = None
    region: str | None = None
    timeout: float = _TIMEOUT

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file or memory of this process, with neither login nor network."""
        return self.uri.get_backend_name() == "sqlite"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read and check the settings in Flask's configuration.

        Raises:
            SettingError: the URI is missing, unreadable or of another database, or the login cannot be safe.
        """
        return cls._checked(*(config[name] for name in _SETTINGS))

    @classmethod
    @lru_cache(maxsize=8)  # each request asks, and reading a URI takes longer than many a request
    def _checked(cls, uri: str | URL | None, login: str, ca: str | None, region: str | None, timeout: str) -> Self:
        url = _database_uri(uri)
        if login not in _LOGINS:
            raise SettingError(f"DATABASE_AUTH is {login!r}; allowed are {' and '.join(_LOGINS)}")
        seconds = _seconds(timeout)
        if login == "iam":
            return cls(_iam_uri(url), Path(ca or RDS_CA), _region(region), seconds)
        if url.get_backend_name() == "sqlite":
            return cls(url, timeout=seconds)
        return cls(_tls_uri(url) if ca else url, Path(ca) if ca else None, timeout=seconds)


def aws_region(config: Mapping[str, Any]) -> str:
    """Return the AWS region of the configuration.

    Raises:
        SettingError: there is none.
    """
    return _region(config["AWS_REGION"])


def _region(value: str | None) -> str:
    if not value:
        raise SettingError("AWS_REGION is not set; IAM login and the master's secret need it, as in eu-west-2")
    return value


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_TIMEOUT:  # which NaN is not, either
        raise SettingError(f"DATABASE_TIMEOUT is {value!r}; allowed are seconds above 0, up to {_LONGEST_TIMEOUT:g}")
    return seconds


def _database_uri(value: str | URL | None) -> URL:
    if value is None:
        raise SettingError(
            "no database is configured: set DATABASE_URI for the service, TEST_DATABASE_URI for a test run, "
            "as in mysql+pymysql://USER:PASSWORD@HOST:3306/SCHEMA"
        )
    try:
        uri = make_url(value)
    except (ArgumentError, ValueError):
        # The value may hold a password, so the message must not repeat it.
        raise SettingError("the database URI is no SQLAlchemy URL, as in sqlite:////tmp/users.db") from None
    if uri.drivername not in _DRIVERS:
        raise SettingError(f"the database URI begins with {uri.drivername!r}; allowed are {', '.join(_DRIVERS)}")
    return uri


def _iam_uri(uri: URL) -> URL:
    if uri.get_backend_name() == "sqlite":
        raise SettingError("DATABASE_AUTH=iam needs a mysql+pymysql:// URI, for the login is that of Amazon RDS")
    if not (uri.username and uri.host):
        raise SettingError("DATABASE_AUTH=iam needs a URI with user and host, as in mysql+pymysql://USER@HOST/SCHEMA")
    if uri.password is not None:
        raise SettingError("DATABASE_AUTH=iam takes no password in the URI: a token is made for each connection")
    return _tls_uri(uri)


def _tls_uri(uri: URL) -> URL:
    """Refuse options beside the charset: PyMySQL takes `ssl_disabled` and others there, which undo the verification."""
    if odd := sorted(set(uri.query) - {"charset"}):
        raise SettingError(
            f"the database URI has the options {', '.join(odd)}; with verified TLS only charset is allowed, "
            "and DATABASE_CA names the certificate authorities"
        )
    return uri
