"""The client of the users API: what a page asks the backend for, and what is made of its answers."""

import json
import re
from http import HTTPStatus
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from flask import Flask, current_app, g, request

from application.access_log import REQUEST_ID
from application.config import backend_url
from application.connection import Answer, BrokenOffError, Connections
from application.outage import Outage, UnavailableError

THREADS = 4
"""Threads of a worker, each with one connection to the backend."""

PAGE_SIZE = 50
"""Users on a page."""

PATIENCE = 0.75
"""Seconds in which all answers that one request needs must have come. The backend gives its database 0.6."""

_EXTENSION = "application.backend"
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


class RefusedError(ValueError):
    """The backend refused what it was asked, for a reason that a person can mend. The message is a sentence for him.

    Attributes:
        status: 409 for a user who exists already, 422 for anything else.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Page(NamedTuple):
    """Some users, in the order of their names."""

    names: list[str]
    next: str | None
    """Where the next page begins: the name after which it lists; None on the last page."""


class Users:
    """The users, as the backend has them.

    Every method raises `UnavailableError` where the backend gave no sensible answer, and `SettingError` where its
    address cannot work.
    """

    def __init__(self, app: Flask) -> None:
        self._connections = Connections()
        self._outage = Outage("the backend", app.logger)
        self._logger = app.logger

    def page(self, after: str | None) -> Page:
        """Return the first users, or those after a name.

        Raises:
            RefusedError: no user can have that name.
        """
        query = {"limit": str(PAGE_SIZE)} | ({"after": after} if after else {})
        answer = self._ask("GET", f"/backend?{urlencode(query)}", expected=(200,))
        try:
            return Page(
                [_name_in(user) for user in json.loads(answer.content)], _next_in(answer.headers.get("link", ""))
            )
        except (ValueError, TypeError, KeyError) as error:
            raise self._nonsense("GET", "the answer is something else than users") from error

    def add(self, name: str) -> str:
        """Add a user, and return his name as it was stored: trimmed and normalised.

        Raises:
            RefusedError: there is such a user, or no user can have that name.
        """
        answer = self._ask("POST", "/backend", expected=(201,), content=json.dumps({"userName": name}).encode())
        try:
            return _name_in(json.loads(answer.content))
        except (ValueError, TypeError, KeyError) as error:
            raise self._nonsense("POST", "the answer is something else than a user") from error

    def remove(self, name: str) -> bool:
        """Remove a user, and return whether there was one.

        Raises:
            RefusedError: no user can have that name.
        """
        return self._ask("DELETE", f"/backend/{quote(name, safe='')}", expected=(204, 404)).status == 204

    def _ask(self, method: str, target: str, expected: tuple[int, ...], content: bytes | None = None) -> Answer:
        url = backend_url(current_app.config)
        headers = {"Accept": "application/json", "X-Request-ID": request.environ[REQUEST_ID]}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self._outage.attempt():
                answer = self._connections.ask(
                    url, method, target, deadline=_deadline(), headers=headers, content=content
                )
        except OSError as error:
            self._outage.began(f"{method} {url}: {error}")
            raise UnavailableError(str(error)) from error
        except BrokenOffError as error:
            raise self._nonsense(method, str(error)) from error
        if answer.status in expected:
            return answer
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:  # the backend has logged why
            raise UnavailableError("the backend is without its database")
        if 400 <= answer.status < 500 and (detail := _detail_in(answer.content)):
            raise RefusedError(detail, 409 if answer.status == 409 else 422)
        raise self._nonsense(method, f"the answer has status {answer.status}")

    def _nonsense(self, method: str, reason: str) -> UnavailableError:
        """Log what no outage explains, and return the error to raise."""
        self._logger.error("%s %s: %s", method, backend_url(current_app.config), reason)
        return UnavailableError(reason)


def init_app(app: Flask) -> None:
    """Give the application its one client."""
    app.extensions[_EXTENSION] = Users(app)


def users() -> Users:
    """Return the users of the current application's backend."""
    client: Users = current_app.extensions[_EXTENSION]
    return client


def _deadline() -> float:
    """Return the moment at which this request stops to wait, however often it asks."""
    if "deadline" not in g:
        g.deadline = monotonic() + PATIENCE
    deadline: float = g.deadline
    return deadline


def _name_in(user: dict[str, Any]) -> str:
    name = user["userName"]
    if not isinstance(name, str):
        raise TypeError(name)
    return name


def _next_in(link: str) -> str | None:
    """Return where the next page begins, from a header `Link` (RFC 8288)."""
    found = _NEXT.search(link)
    return parse_qs(urlsplit(found[1]).query)["after"][0] if found else None


def _detail_in(content: bytes) -> str | None:
    """Return what problem details (RFC 9457) say to a person, if that is what they are."""
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, TypeError, KeyError):
        return None
