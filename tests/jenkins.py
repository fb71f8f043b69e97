"""A Jenkins that remembers what its webhook's entrance asks of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from slipway.webhook_handler import handler

# GitHub's own example, from its documentation on validating webhook deliveries.
SECRET = "It's a Secret to Everybody"
BODY = "Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

REPOSITORY = "https://github.com/example/slipway.git"


class Jenkins:
    """What answers at the trigger's URL.

    Attributes:
        address: where it listens, as host:port.
        asked: the paths that were asked for.
        status: what it answers with.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []
        self.status = 200


@contextmanager
def serving() -> Iterator[Jenkins]:
    """Run one on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jenkins.asked.append(self.path)
            self.send_response(jenkins.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        jenkins = Jenkins(f"127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield jenkins
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jenkins]:
    """Run one to which the webhook's function leads."""
    with serving() as jenkins:
        monkeypatch.setenv("REPOSITORY", REPOSITORY)
        monkeypatch.setenv("TRIGGER_URL", f"http://{jenkins.address}/git/notifyCommit?url={REPOSITORY}")
        monkeypatch.setattr(handler, "_secret", lambda _period: SECRET)
        yield jenkins
