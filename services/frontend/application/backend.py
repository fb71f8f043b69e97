"""The client of the users API: one pool of connections, and never more waiting than a reader has patience for."""

from typing import Any

import urllib3
from flask import Flask, current_app

from application.config import backend_url
from application.outage import Outage

THREADS = 4
"""Threads of a worker. The pool keeps a connection for each, and opens no more than that."""

# Seconds for a connection, and for each wait for a piece of the answer: longer than the backend waits for its database,
# so that it is the backend who says that the database is away.
_TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)

# A pod may be leaving or hang, and the next connection meets another: so twice more for a connection that is refused,
# once more for one that breaks off or stays silent. An answer is an answer, 503 too: the backend has waited already.
_RETRIES = urllib3.Retry(
    total=2,
    connect=2,
    read=1,
    other=0,
    backoff_factor=0.1,
    allowed_methods={"GET"},
    respect_retry_after_header=False,
)

_EXTENSION = "application.backend"


class BackendUnavailableError(RuntimeError):
    """The backend gave no list of users. The message is one line that says why."""


class Backend:
    """The users API, from here."""

    def __init__(self, outage: Outage) -> None:
        self._pool = urllib3.PoolManager(maxsize=THREADS, block=True, timeout=_TIMEOUT, retries=_RETRIES)
        self._outage = outage

    def user_names(self, url: str) -> list[str]:
        """Ask the API at `url` for the names of all users, in its order.

        Raises:
            BackendUnavailableError: there was no answer, or no sensible one. The first of a row is logged.
        """
        try:
            names = self._fetch(f"{url}/backend")
        except BackendUnavailableError as error:
            self._outage.began(str(error))
            raise
        self._outage.ended()
        return names

    def _fetch(self, url: str) -> list[str]:
        try:
            answer = self._pool.request("GET", url, headers={"Accept": "application/json"}, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise BackendUnavailableError(f"GET {url}: {_reason_of(error)}") from error
        if answer.status != 200:
            raise BackendUnavailableError(f"GET {url} was answered with {answer.status}")
        try:
            return [_name_in(user) for user in answer.json()]
        except (ValueError, TypeError, KeyError) as error:
            raise BackendUnavailableError(f"GET {url} was answered with something else than users") from error


def init_app(app: Flask) -> None:
    """Give the application its one client."""
    app.extensions[_EXTENSION] = Backend(Outage("the backend", app.logger))


def user_names() -> list[str]:
    """Ask the current application's backend for the names of all users, in its order.

    Raises:
        BackendUnavailableError: it gave none.
        SettingError: its address cannot work.
    """
    backend: Backend = current_app.extensions[_EXTENSION]
    return backend.user_names(backend_url(current_app.config))


def _name_in(user: dict[str, Any]) -> str:
    name = user["userName"]
    if not isinstance(name, str):
        raise TypeError(name)
    return name


def _reason_of(error: Exception) -> str:
    """Return the cause that a retry has wrapped, in one line."""
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
    return " ".join(str(cause).split())
