"""Load on a service, and what became of each request."""

from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Self


@dataclass
class Load:
    """So many clients that ask one after the other, until `end`; a `with` block has them ask for its time.

    Attributes:
        port: of the service on this machine.
        method: and `path`, `body`, `headers`: what is asked.
        keeps: whether a client keeps its connection, as far as the service lets it.
        answered: the status of each whole answer.
        dropped: for each request that was sent and got no whole answer, what happened. One that was never sent
            because the service takes no more connections is none.
    """

    port: int
    method: str = "GET"
    path: str = "/"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    keeps: bool = True
    clients: int = 32
    answered: list[int] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = Event()
        self._threads = [Thread(target=self._ask_on) for _ in range(self.clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self) -> None:
        while not self._over.is_set():
            connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.connect()
            except OSError:
                self._over.wait(0.02)
                continue
            self._ask_over(connection)
            connection.close()

    def _ask_over(self, connection: HTTPConnection) -> None:
        while not self._over.is_set():
            try:
                connection.request(self.method, self.path, self.body, self.headers)
                response = connection.getresponse()
                response.read()
            except (OSError, HTTPException) as error:
                self.dropped.append(repr(error))
                return
            self.answered.append(response.status)
            if response.will_close or not self.keeps:
                return
