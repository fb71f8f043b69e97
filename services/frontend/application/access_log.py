"""The log: one line of JSON on standard output for each request, error and outage.

A request is known by its id from NGINX to the backend: it comes in the header `X-Request-ID`, or is made here; the
application finds it in the WSGI environment under `REQUEST_ID`, and the answer carries it in the same header.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from json import dumps
from secrets import token_hex
from time import perf_counter
from typing import Any
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, has_request_context, request

from application.metrics import metrics

SERVICE = "frontend"
"""What the lines call this service."""

REQUEST_ID = "slipway.request_id"
"""The key of the request's id in the WSGI environment."""

_HEADER = "X-Request-ID"
_SENDABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Asked for every few seconds by whoever keeps the service alive.
_UNLOGGED = frozenset({"/healthz", "/readyz"})

# Kubernetes asks a pod that starts for what users ask, until it is answered: no user has seen those failures.
_KUBELET = "kube-probe/"

# What may stand in a path and a query as it is (RFC 3986); a query has been encoded by the client.
_PATH = "/:@!$&'()*+,;="
_QUERY = _PATH + "?%"

# Answers that have no content, and so no length either.
_EMPTY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

_STDOUT = 1


def init_app(app: Flask) -> None:
    """Log and count every request, and log what the application's logger is told."""
    app.wsgi_app = _AccessLog(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way to wrap
    app.logger.handlers[:] = [JsonHandler()]


class _AccessLog:
    """WSGI middleware: gives each request its id, and logs and counts it when its answer has ended."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        exchange = _Exchange(environ, start_response)
        try:
            body = self._app(environ, exchange.start)
            if exchange.is_streamed:
                return _Stream(body, exchange)
            content = _joined(body)
        except BaseException:
            exchange.end()
            raise
        exchange.end(whole=True)
        return [content]  # a list is what Granian sends fastest


class _Exchange:
    """A request and its answer, until that has ended."""

    __slots__ = ("_begun", "_environ", "_id", "_route", "_start_response", "_status", "is_streamed")

    def __init__(self, environ: WSGIEnvironment, start_response: StartResponse) -> None:
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        self._begun = perf_counter()
        self._environ = environ
        self._id = environ[REQUEST_ID] = sent if _SENDABLE.fullmatch(sent) else token_hex(16)
        self._start_response = start_response
        self._route = "none"
        self._status = 500
        self.is_streamed = True

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        """Pass the beginning of the answer on, with the id. One whose length is known by now is not streamed."""
        self._status = int(status[:3])
        handled = self._environ.get("werkzeug.request")  # Werkzeug's Request, until Flask is done with it
        if handled is not None and handled.url_rule is not None:
            self._route = handled.url_rule.rule
        self.is_streamed = self._status not in _EMPTY and not any(name == "Content-Length" for name, _ in headers)
        headers.append((_HEADER, self._id))
        return self._start_response(status, headers, exc_info)

    def end(self, *, whole: bool = False) -> None:
        """Count the request, and log it with whether the client got all of the answer."""
        seconds = perf_counter() - self._begun
        environ = self._environ
        method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
        route = "probe" if environ.get("HTTP_USER_AGENT", "").startswith(_KUBELET) else self._route
        metrics().count_request(method, route, self._status, seconds)
        if path not in _UNLOGGED:
            uri = quote(path, _PATH, "latin-1")
            if query:
                uri += f"?{quote(query, _QUERY, 'latin-1')}"
            _write(
                f'"request_id":"{self._id}","method":{_text(method, 50)},"uri":{_text(uri, 3000)},'
                f'"status":{self._status},"seconds":{seconds:.6f},"whole":{"true" if whole else "false"}'
            )


class _Stream:
    """An answer in pieces. It has ended when the server closes it, which it does when the client has gone, too."""

    __slots__ = ("_body", "_exchange", "_next", "_whole")

    def __init__(self, body: Iterable[bytes], exchange: _Exchange) -> None:
        self._body = body
        self._next = iter(body).__next__
        self._exchange = exchange
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._next()
        except StopIteration:
            self._whole = True
            raise

    def close(self) -> None:
        try:
            _close(self._body)
        finally:
            self._exchange.end(whole=self._whole)


class JsonHandler(logging.Handler):
    """Writes what a logger is told as a line of JSON, with the id of the request that it is about."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, with the traceback of the exception that is told of, if any."""
        line = f'"level":"{record.levelname.lower()}","message":{_text(record.getMessage(), 1500)}'
        if has_request_context():
            line += f',"request_id":"{request.environ.get(REQUEST_ID)}"'
        if record.exc_info:
            line += f',"exception":{_text(_FORMATTER.formatException(record.exc_info), 2000)}'
        _write(line)


_FORMATTER = logging.Formatter()


def _write(fields: str) -> None:
    """Write one line at once. A log that nobody reads any more stops no request.

    A pipe takes 4,096 bytes without mixing them with what other processes write, so no line is longer.
    """
    time = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")  # the zone would take a while
    line = f'{{"time":"{time}Z","service":"{SERVICE}",{fields}}}\n'
    with suppress(OSError):
        os.write(_STDOUT, line.encode())


def _text(text: str, most: int) -> str:
    """Write a text as JSON, in at most so many bytes: the middle of a longer one is left out."""
    while len(encoded := dumps(text)) > most:
        text = f"{text[: len(text) // 3]} … {text[-(len(text) // 3) :]}"
    return encoded


def _joined(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        _close(body)


def _close(body: Iterable[bytes]) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()
