"""What the API asks of the table of users: one statement each, compiled once."""

from collections.abc import Iterator

from flask import Flask, current_app
from sqlalchemy import Table, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from application import statements
from application.models import Users

_users: Table = Users.__table__
_name = _users.c.userName
_PAGE = select(_name).where(_name > bindparam("after")).order_by(_name).limit(bindparam("limit"))
_ADD = insert(_users).values(userName=bindparam("name"))
_REMOVE = delete(_users).where(_name == bindparam("name"))


def page(after: str, limit: int) -> list[str]:
    """Read at most `limit` names that come after a name, in the order of their code points. All come after ''.

    It takes the same time wherever the page lies: the primary key leads to it.

    Raises:
        UnavailableError: the database is away.
    """
    return statements.read(_PAGE, after=after, limit=limit)


def batches(after: str, size: int) -> Iterator[list[str]]:
    """Read all names that come after a name, by pages of `size`; only the last one is shorter, and may be empty.

    No connection is held between two pages, however long the caller takes over one. The pages are no snapshot: who is
    added or removed meanwhile is in or not; who was there all the time is in once.

    Raises:
        UnavailableError: the database is away.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's way to what it stands for
    names = page(after, size)
    yield names
    while len(names) == size:
        with app.app_context():  # the request's own ends before a client reads
            names = page(names[-1], size)
        yield names


def add(name: str) -> bool:
    """Add a user, durably; return False if there is one of this name.

    Raises:
        UnavailableError: the database is away. Whether the user was added is not known then.
    """
    try:
        statements.write(_ADD, name=name)
    except IntegrityError:
        return False
    return True


def remove(name: str) -> bool:
    """Remove the user of exactly this name, durably; return False if there is none.

    Raises:
        UnavailableError: the database is away. Whether the user was removed is not known then.
    """
    return statements.write(_REMOVE, name=name) > 0
