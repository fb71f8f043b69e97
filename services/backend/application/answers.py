"""Users as JSON: one, a page, or a list of any length that is never whole in memory."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from json import JSONEncoder
from threading import BoundedSemaphore

from flask import Response

from application.engine import POOL_SIZE
from application.errors import unavailable

# A client holds a thread while it reads a stream, however slowly. Half of a worker's threads are left to the others.
_streams = BoundedSemaphore(max(1, POOL_SIZE // 2))

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def one(name: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer one user."""
    return Response(_encode({"userName": name}), status, mimetype="application/json")


def array(names: list[str]) -> Response:
    """Answer users as an array."""
    return Response(_encode([{"userName": name} for name in names]), mimetype="application/json")


def stream(batches: Iterable[list[str]]) -> Response:
    """Answer an array of users batch by batch, each of which is taken when the client has read the one before.

    If a batch fails, the array is never closed by its bracket, so that nobody can take it for whole; and the error
    is passed to the server, which may cut the connection too (Granian 2.8 does not).

    Where as many clients as may are reading a stream already, the answer is 503.
    """
    if not _streams.acquire(blocking=False):
        return unavailable("Too many clients are reading the whole list. Please try again, or ask for pages (limit).")
    response = Response(_pieces(batches), mimetype="application/json")
    response.call_on_close(_streams.release)
    return response


def _pieces(batches: Iterable[list[str]]) -> Iterator[str]:
    separator = "["
    for names in batches:
        if names:
            yield separator + _encode([{"userName": name} for name in names])[1:-1]
            separator = ","
    yield "]"
