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
        asked: the paths that were asked for.
        status: what it answers with.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jenkins]:
    """Run one on this machine, to which the webhook's function leads."""
    jenkins = Jenkins()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jenkins.asked.append(self.path)
            self.send_response(jenkins.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        trigger = f"http://127.0.0.1:{server.server_port}/git/notifyCommit?url={REPOSITORY}"
        monkeypatch.setenv("REPOSITORY", REPOSITORY)
        monkeypatch.setenv("TRIGGER_URL", trigger)
        monkeypatch.setattr(handler, "_secret", lambda _period: SECRET)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield jenkins
        finally:
            server.shutdown()
            thread.join()
