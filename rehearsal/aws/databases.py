"""Who runs the databases that CloudFormation wants: asked by the emulator over HTTP, from another process."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple, Protocol

from rehearsal import RehearsalError


class Address(NamedTuple):
    """Where a database answers, as hosts and pods are told."""

    address: str
    port: int


class Databases(Protocol):
    """Servers of databases, by RDS's identifiers."""

    def create(self, identifier: str, *, user: str, password: str) -> Address:
        """Have a server run whose master is `user`, with that password; one that runs gets the password.

        Raises:
            RehearsalError: it cannot be; CloudFormation rolls back and shows why.
        """
        ...

    def delete(self, identifier: str) -> None:
        """End a server and delete its data; nothing happens if there is none."""
        ...


@contextmanager
def serve(databases: Databases) -> Iterator[str]:
    """Answer the emulator for `databases`, and yield the URL to give it; nobody else can guess it."""
    root = f"/{secrets.token_urlsafe()}/"

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(lambda name: databases.create(name, **told)._asdict())

        def do_DELETE(self) -> None:
            self._answer(databases.delete)

        def _answer(self, work: Any) -> None:
            if not self.path.startswith(root):
                self.send_error(404)
                return
            try:
                status, content = 200, work(self.path.removeprefix(root)) or {}
            except RehearsalError as error:
                status, content = 409, {"message": str(error)}
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{root.rstrip('/')}"
        finally:
            server.shutdown()
            thread.join()
