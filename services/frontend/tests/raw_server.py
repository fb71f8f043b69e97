"""A server that behaves as a test wants it to, connection by connection, down to the bytes."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

Behaviour = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


class RawServer:
    """Treats the first connection by the first behaviour, and so on; the last behaviour stays.

    Attributes:
        connections: how many have been accepted.
    """

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = behaviours
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[Thread] = []
        self._open: list[socket.socket] = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            behaviour = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
            self.connections += 1
            self._open.append(connection)
            thread = Thread(target=self._treat, args=(behaviour, connection), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _treat(self, behaviour: Behaviour, connection: socket.socket) -> None:
        with connection:
            try:
                behaviour(connection)
            except OSError:
                return  # the client has gone

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        for connection in self._open:
            with suppress(OSError):  # its thread has closed it, or the client has gone
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def answering(*answers: bytes) -> Behaviour:
    """Answer one request after the other, then close."""

    def behave(connection: socket.socket) -> None:
        for answer in answers:
            if not received(connection):
                return
            connection.sendall(answer)

    return behave


def keeping(answer: bytes = OK) -> Behaviour:
    """Answer every request alike, until the client closes."""

    def behave(connection: socket.socket) -> None:
        while received(connection):
            connection.sendall(answer)

    return behave


def hanging(connection: socket.socket) -> None:
    """Read, and never answer."""
    while connection.recv(4096):
        pass


def dripping(connection: socket.socket) -> None:
    """Send something now and then, but never all."""
    received(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    connection.settimeout(0.05)
    while True:
        connection.sendall(b" ")
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


def resetting(connection: socket.socket) -> None:
    """Read the request, then break the connection off."""
    received(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def received(connection: socket.socket) -> bytes:
    """A request without content or with a short one, which comes in one piece; empty when the client has closed."""
    return connection.recv(65536)
