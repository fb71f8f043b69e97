"""What has just been done, told on the page that comes next.

The notice travels in a cookie that lives for seconds. While it does, no shared cache answers its owner, so he sees his
own change; any other reader's page may be a second older.
"""

from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, unquote

from flask import Request
from werkzeug import Response

COOKIE = "notice"

MAX_AGE = 5
"""Seconds that the cookie lives: longer than a shared cache may keep a page."""

_MAX_LENGTH = 1000  # 50 emoji are 600 characters when percent-encoded


class Deed(StrEnum):
    """What was done to a user; the values are what the page says."""

    ADDED = "was added"
    REMOVED = "was removed"
    GONE = "had been removed already"


class Notice(NamedTuple):
    """What was done to whom."""

    deed: Deed
    name: str


def leave(response: Response, notice: Notice) -> None:
    """Have the browser bring the notice along with its next requests; of a name that nobody can have there is none."""
    value = f"{notice.deed.name}:{quote(notice.name, safe='')}"
    if len(value) > _MAX_LENGTH:
        return
    response.set_cookie(COOKIE, value, max_age=MAX_AGE, httponly=True, samesite="Lax")


def take(request: Request) -> Notice | None:
    """Return the notice that a request brings, or None. What is not of ours counts as none."""
    value = request.cookies.get(COOKIE, "")
    deed, _, name = value.partition(":")
    if deed in Deed.__members__ and name and len(value) <= _MAX_LENGTH:
        return Notice(Deed[deed], unquote(name))
    return None
