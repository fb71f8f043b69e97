"""Serves a site of Jira Cloud's kind on this machine: who may ask, what is refused for now, what is never answered."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.board.site import API, Site, error

ACCOUNT = ("someone@example.com", "a-token")


@contextmanager
def serve() -> Iterator[Site]:
    """Serve a site with an empty project."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            address = urlsplit(self.path)
            jira.requests[f"{self.command} {address.path.removeprefix(API)}"] += 1
            if self.headers["Authorization"] != "Basic " + b64encode(":".join(ACCOUNT).encode()).decode():
                message = "Client must be authenticated to access this resource."
                return self._send(401, {"message": message, "status-code": 401})
            if jira.refusals:
                status, headers = jira.refusals.pop(0)
                return self._send(status, error("Rate limit exceeded."), headers)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            answer = jira.answer(self.command, address.path, query, json.loads(body or "{}"))
            if jira.silent_after is not None and jira.last >= jira.silent_after:
                return None
            if jira.hang_after is not None and jira.last >= jira.hang_after:
                jira.hangs.set()
                jira.go_on.wait()
                return None
            return self._send(*answer)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PUT(self) -> None:
            self._do()

        def do_DELETE(self) -> None:
            self._do()

        def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
            body = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            given = {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}
            for name, value in {**given, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        jira = Site(f"http://127.0.0.1:{httpd.server_port}")
        thread = Thread(target=httpd.serve_forever, args=[0.02])
        thread.start()
        try:
            yield jira
        finally:
            httpd.shutdown()
            thread.join()
