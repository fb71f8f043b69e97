"""A backend that keeps users in memory, or answers as a test tells it, over real HTTP on this machine."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import json
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as the real one does
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave the log to what is tested."""


@dataclass
class StubBackend:
    """Answers as the API does; or with `answer`, where a test sets it. Remembers what was asked for.

    Attributes:
        names: the users.
        answer: status line and content of every answer from now on.
        headers: what every answer carries beside its type.
        asked: method and URL of each request.
        sent: the headers of the last request, by their names in lower case.
    """

    names: list[str] = field(default_factory=lambda: ["Bob", "Zoë"])
    answer: tuple[str, Any] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']}")
        self.sent = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, said, headers = (*self.answer, []) if self.answer else self._done(environ, body)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        length = [] if status.startswith("204") else [("Content-Length", str(len(content)))]
        start_response(status, [("Content-Type", "application/json"), *length, *headers, *self.headers])
        return [content] if length else []

    def _done(self, environ: WSGIEnvironment, body: bytes) -> tuple[str, Any, list[tuple[str, str]]]:
        match environ["REQUEST_METHOD"]:
            case "GET":
                return self._page(parse_qs(environ["QUERY_STRING"]))
            case "POST":
                return self._added(json.loads(body)["userName"])
            case _:
                return self._removed(_path_of(environ).removeprefix("/backend/"))

    def _page(self, query: dict[str, list[str]]) -> tuple[str, Any, list[tuple[str, str]]]:
        after, limit = query.get("after", [""])[0], int(query["limit"][0])
        if len(after) > 50:
            return problem("422 Unprocessable Content", "A name has 1 to 50 characters.")
        rest = [name for name in sorted(self.names) if name > after]
        link = f'</backend?{urlencode({"limit": limit, "after": rest[limit - 1]})}>; rel="next"' if rest[limit:] else ""
        return "200 OK", [{"userName": name} for name in rest[:limit]], [("Link", link)] if link else []

    def _added(self, name: str) -> tuple[str, Any, list[tuple[str, str]]]:
        name = name.strip()
        if not 1 <= len(name) <= 50:
            return problem("422 Unprocessable Content", "A name has 1 to 50 characters.")
        if name in self.names:
            return problem("409 Conflict", f"There is already a user {name}.")
        self.names.append(name)
        return "201 Created", {"userName": name}, []

    def _removed(self, name: str) -> tuple[str, Any, list[tuple[str, str]]]:
        if name not in self.names:
            return problem("404 Not Found", f"There is no user {name}.")
        self.names.remove(name)
        return "204 No Content", b"", []


def problem(status: str, detail: str) -> tuple[str, Any, list[tuple[str, str]]]:
    """An answer by problem details (RFC 9457)."""
    return status, {"title": status[4:], "status": int(status[:3]), "detail": detail}, []


def serving(stub: StubBackend, port: int = 0) -> BaseWSGIServer:
    """Serve the stub from threads until `shutdown()`."""
    server = make_server("127.0.0.1", port, stub, threaded=True, request_handler=QuietHandler)
    stub.url = f"http://127.0.0.1:{server.port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def _path_of(environ: WSGIEnvironment) -> str:
    """The path as the client meant it; WSGI hands its bytes over as Latin-1."""
    return str(environ["PATH_INFO"]).encode("latin-1").decode()
