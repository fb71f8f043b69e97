"""HTTP with one server: a connection for each thread, kept open, and answers by a deadline or not at all.

The parser is Node's, by httptools. `http.client` takes six times the processor time for an exchange, most of it for
reading headers as if they were mail: a quarter of what the page cost.
"""

import random
import ssl
from collections.abc import Mapping
from select import POLLIN, poll
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from threading import local
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from application.resolver import Address, Resolver

MAX_BYTES = 64 * 1024
"""The longest answer that is read, with its headers. 50 users with names of 50 emoji, escaped as JSON, are 31 kB."""

_CONNECT_SECONDS = 0.25
"""What an address may take to accept. A pod beside us takes a millisecond; one whose node is gone never answers."""

_CONNECT_TRIES = 2

_LIFETIME = (45.0, 75.0)
"""Seconds after which a connection is renewed, drawn at random: new pods get their share, and not all at once."""

_resolver = Resolver()


class BrokenOffError(RuntimeError):
    """The request was sent, but the connection ended, or spoke no HTTP, before the answer was whole.

    The server may have done what it was asked.
    """


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    content: bytes


class Connections(local):
    """Connections to a server, one for each thread that asks. A thread's connection ends with it."""

    _kept: "_Connection | None" = None

    def ask(
        self,
        url: str,
        method: str,
        target: str,
        *,
        deadline: float,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> Answer:
        """Send a request and wait for its answer; redirects are answers.

        A GET whose connection breaks off is sent once more, to another address if there is one. Nothing else is ever
        sent twice.

        Args:
            url: scheme, host and port of the server.
            method: the method.
            target: path and query, percent-encoded.
            deadline: the moment, by `monotonic()`, at which waiting ends.
            headers: what to send beside `Host` and `Content-Length`; ASCII, one line each.
            content: what to send in the body.

        Raises:
            TimeoutError: there was no answer by the deadline.
            OSError: nobody accepts connections there; the request was not sent.
            BrokenOffError: the request was sent, and then the connection was lost.
        """
        connection = self._ready(url, deadline)
        try:
            return connection.exchange(method, target, deadline, headers, content)
        except BrokenOffError:
            if method != "GET":
                raise
        # A pod that is being killed accepts for a moment more, and breaks that off, too.
        return self._ready(url, deadline, but=connection.peer).exchange(method, target, deadline, headers, content)

    def _ready(self, url: str, deadline: float, but: Address | None = None) -> "_Connection":
        if self._kept is None or not self._kept.is_usable(url):
            self._kept = None  # also if connecting fails
            self._kept = _Connection(url, deadline, but)
        return self._kept


class _Connection:
    """An open connection, which is closed with the object.

    Attributes:
        peer: the address that accepted it.

    Raises:
        OSError: two addresses of the server's refused, or did not accept in time.
    """

    def __init__(self, url: str, deadline: float, but: Address | None) -> None:
        self._url = url
        self._renewed_at = monotonic() + random.uniform(*_LIFETIME)  # noqa: S311 - spreads load, keeps no secret
        parts = urlsplit(url)
        self._authority = parts.netloc
        self._open = False
        self._socket, self.peer = _connected(parts.hostname or "", parts.port, parts.scheme == "https", deadline, but)
        self._open = True
        self._arrivals = poll()
        self._arrivals.register(self._socket, POLLIN)

    def is_usable(self, url: str) -> bool:
        """Return whether the next request to `url` may go here: young, and not ended by the server.

        An idle connection on which something arrives was ended; to notice it now spares a request that may not be
        sent twice.
        """
        return self._open and self._url == url and monotonic() < self._renewed_at and not self._arrivals.poll(0)

    def exchange(
        self, method: str, target: str, deadline: float, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        """Send a request and read its answer. A connection that fails is closed and not usable any more.

        Raises:
            TimeoutError: there was no answer by the deadline.
            BrokenOffError: the connection was lost, or the answer was none.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if content is not None:
            lines.append(f"Content-Length: {len(content)}")
        keeps_alive = False
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall("\r\n".join([*lines, "\r\n"]).encode("ascii") + (content or b""))
            answer, keeps_alive = self._receive(deadline)
        except TimeoutError:
            raise
        except (OSError, HttpParserError, HttpParserUpgrade) as error:
            raise BrokenOffError(f"the connection broke off: {error}") from error
        finally:
            if not keeps_alive:
                self._close()
        return answer

    def _receive(self, deadline: float) -> tuple[Answer, bool]:
        """Read an answer; return it, and whether another request may follow it on the connection."""
        reader = _Reader()
        parser = HttpResponseParser(reader)
        received = 0
        while not (reader.is_whole and parser.get_status_code() >= 200):
            self._socket.settimeout(_left(deadline))
            piece = self._socket.recv(MAX_BYTES)
            if not piece:
                raise ConnectionError("the server closed it")
            received += len(piece)
            if received > MAX_BYTES:
                raise ConnectionError(f"the answer has more than {MAX_BYTES} bytes")
            parser.feed_data(piece)
        # Not `should_keep_alive`, which has forgotten by now what an answer without content said.
        keeps_alive = parser.get_http_version() == "1.1" and "close" not in reader.headers.get("connection", "").lower()
        return Answer(parser.get_status_code(), reader.headers, b"".join(reader.content)), keeps_alive

    def _close(self) -> None:
        self._open = False
        self._socket.close()

    def __del__(self) -> None:
        if self._open:
            self._close()


class _Reader:
    """Keeps what the parser finds in an answer; the parser calls its methods.

    Attributes:
        is_whole: whether an answer has come to its end; an interim one (1xx) may come before it.
    """

    def __init__(self) -> None:
        self.is_whole = False
        self.headers: dict[str, str] = {}
        self.content: list[bytes] = []

    def on_message_begin(self) -> None:
        self.is_whole = False
        self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, piece: bytes) -> None:
        self.content.append(piece)

    def on_message_complete(self) -> None:
        self.is_whole = True


def _connected(
    host: str, port: int | None, secure: bool, deadline: float, but: Address | None
) -> tuple[socket, Address]:
    """Connect to one of two addresses that are drawn from all that the host has, or from all `but` one if it has more.

    A headless Service has the addresses of all pods; whoever takes the first leaves the others idle.

    Raises:
        OSError: neither let us in, or there is none.
    """
    known = _resolver.addresses(host, port or (443 if secure else 80), deadline)
    addresses = [address for address in known if address != but] or known
    drawn = random.sample(addresses, min(_CONNECT_TRIES, len(addresses)))
    failure = OSError(f"{host} has no address")
    for peer in (drawn * _CONNECT_TRIES)[:_CONNECT_TRIES]:
        connection = socket(peer.family, peer.kind, peer.protocol)
        try:
            connection.settimeout(min(_CONNECT_SECONDS, _left(deadline)))
            connection.connect(peer.address)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            if secure:
                connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection, peer
    raise failure


def _left(deadline: float) -> float:
    """Return the seconds until the deadline.

    Raises:
        TimeoutError: it is over.
    """
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
