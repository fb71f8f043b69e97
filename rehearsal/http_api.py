"""A Lambda function behind an HTTP API, as API Gateway puts it there, on this machine."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MAXIMUM_BODY = 10 * 1024 * 1024
"""Bytes of the largest body that API Gateway takes."""

_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")

Function = Callable[[dict[str, Any], object], dict[str, Any]]
"""A Lambda function: takes an event in payload format 2.0 and a context, returns a response."""


@contextmanager
def serve(function: Function, path: str) -> Iterator[str]:
    """Pass POSTs on one path to a function, and yield the URL. Every other call is answered with 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(404, "")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if length > MAXIMUM_BODY:
                self.close_connection = True
                self._answer(413, "")
                return
            content = self.rfile.read(length)
            if self.path != path:
                self._answer(404, "")
                return
            answer = function(_event(self.headers.items(), content), None)
            self._answer(answer["statusCode"], answer.get("body", ""))

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        finally:
            server.shutdown()
            thread.join()


def _event(headers: list[tuple[str, str]], content: bytes) -> dict[str, Any]:
    """Return what the function gets: names in lower case, values of one name joined, what is no text in Base64."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    text = joined.get("content-type", "").startswith(_TEXT)
    body = content.decode(errors="replace") if text else b64encode(content).decode()
    return {"version": "2.0", "headers": joined, "body": body, "isBase64Encoded": not text}
