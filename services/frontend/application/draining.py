"""Draining: before the service stops, each client is told with its answer to ask elsewhere.

A server that closes a kept connection just as the next request comes in on it drops that request. So once draining has
begun, every answer carries `Connection: close`, and the server stops when no more have been asked for.
"""

import mmap
import struct
from collections.abc import Callable
from time import monotonic, sleep

from flask import Flask, Response

QUIET = 0.2
"""Seconds without an answer after which all clients have left, or have been silent for so long."""

LONGEST = 3.0
"""Seconds after which the server stops however many clients keep asking."""

# When the last answer was given, while draining, else 0. Memory that the process which serves shares with the workers
# that it forks: it begins to drain, they answer.
_last_answer = mmap.mmap(-1, 8)


def init_app(app: Flask) -> None:
    """Send the clients away while draining."""
    app.after_request(_send_away)


def begin() -> None:
    """Begin to drain, in this process and in those that it has forked."""
    struct.pack_into("d", _last_answer, 0, monotonic())


def drain(now: Callable[[], float] = monotonic, wait: Callable[[float], None] = sleep) -> None:
    """Begin to drain, and return when it has been quiet for `QUIET` seconds, or after `LONGEST`."""
    begin()
    end = now() + LONGEST
    while (left := min(_moment() + QUIET, end) - now()) > 0:
        wait(left)


def _moment() -> float:
    moment: float = struct.unpack_from("d", _last_answer)[0]
    return moment


def _send_away(response: Response) -> Response:
    if _moment():
        begin()
        response.headers["Connection"] = "close"
    return response
