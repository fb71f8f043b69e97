"""A backend that answers as a test tells it, over real HTTP on this machine."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import json
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave the log to what is tested."""


@dataclass
class StubBackend:
    """Answers every GET as it was told, and remembers what was asked for."""

    users: Any = field(default_factory=lambda: [{"userName": "Bob"}, {"userName": "Zoë"}])
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response(self.status, [("Content-Type", "application/json"), *self.headers])
        return [self.users if isinstance(self.users, bytes) else json.dumps(self.users).encode()]


def serving(stub: StubBackend, port: int = 0) -> BaseWSGIServer:
    """Serve the stub from a thread until `shutdown()`."""
    server = make_server("127.0.0.1", port, stub, request_handler=QuietHandler)
    stub.url = f"http://127.0.0.1:{server.port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
