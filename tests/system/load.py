"""Load from many connections at once, with every request on record: when it was sent, how it ended, what it said."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlsplit

CONNECTIONS = 32
"""As many as the bars of this project speak of."""

_PATIENCE = 10.0  # seconds after which a request counts as hanging
_CLOSE = "Connection: close\r\n"
_SAID = {"retry_after": "retry-after", "release": "x-release"}  # what is kept of an answer's headers


@dataclass(frozen=True)
class Request:
    """What a connection is to send."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    cookie: str = ""

    def encode(self, host: str, keep: bool = True) -> bytes:
        """Return it as HTTP/1.1; without `keep` the server is to close the connection."""
        content = f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n" if self.body else ""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\n{content}{cookie}"
        return f"{head}{'' if keep else _CLOSE}\r\n".encode() + self.body


@dataclass(frozen=True)
class Answer:
    """How a request ended: `status` 0 means that no whole answer came, and `reason` says why."""

    request: Request
    sent: float
    ended: float
    status: int
    reason: str = ""
    retry_after: str = ""
    release: str = ""

    @property
    def seconds(self) -> float:
        """How long the client waited."""
        return self.ended - self.sent


class Load:
    """A load under way.

    Attributes:
        answers: what has come back so far.
        connections: how many are kept busy.
    """

    def __init__(
        self,
        url: str,
        requests: Callable[[int], Request],
        connections: int = CONNECTIONS,
        pause: float = 0.0,
        keep: bool = True,
    ) -> None:
        """Prepare a load.

        Args:
            url: where to, as scheme://host:port.
            requests: makes the n-th request.
            connections: how many are kept busy, each with one request at a time.
            pause: seconds that a connection rests after each answer.
            keep: whether a connection is used again; else there is a new one in its place for each request.
        """
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._requests = requests
        self.connections = connections
        self._pause, self._keep = pause, keep
        self._numbers = count()
        self._stop = Event()
        self.answers: list[Answer] = []

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Keep the load up while the block runs, and let every request end after it."""
        thread = Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def between(self, begin: float, end: float) -> list[Answer]:
        """Return the answers to what was sent in this span of the monotonic clock."""
        return [answer for answer in self.answers if begin <= answer.sent < end]

    async def _run(self) -> None:
        await asyncio.gather(*(self._connection() for _ in range(self.connections)))

    async def _connection(self) -> None:
        """Send one request after the other, on a new connection where the last one was closed."""
        reader: asyncio.StreamReader | None = None
        writer: asyncio.StreamWriter | None = None
        while not self._stop.is_set():
            request, sent = self._requests(next(self._numbers)), monotonic()
            try:
                async with asyncio.timeout(_PATIENCE):
                    if reader is None or writer is None:
                        reader, writer = await asyncio.open_connection(self._host, self._port)
                    writer.write(request.encode(f"{self._host}:{self._port}", self._keep))
                    status, headers = await _read_answer(reader)
                said = {name: headers.get(header, "") for name, header in _SAID.items()}
                self.answers.append(Answer(request, sent, monotonic(), status, **said))
                keep = headers.get("connection", "").lower() != "close"
            except ConnectionRefusedError as error:
                self.answers.append(Answer(request, sent, monotonic(), 0, f"refused: {error}"))
                await asyncio.sleep(0.05)  # no one listens: do not spin
                keep = False
            except (OSError, EOFError, TimeoutError) as error:
                self.answers.append(Answer(request, sent, monotonic(), 0, f"{type(error).__name__}: {error}"))
                keep = False
            if not keep and writer is not None:
                writer.close()
                reader = writer = None
            await asyncio.sleep(self._pause)
        if writer is not None:
            writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Read one whole answer and return its status and headers.

    Raises:
        EOFError: the connection ended before the answer did.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    status = int(head[0].split()[1])
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    elif status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        await reader.readexactly(int(headers["content-length"]))
    return status, headers
