"""The service as a process, for tests of it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 20.0
"""Seconds that a busy machine may take over a step that usually takes one."""


def eventually(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until it is so."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
        return found


def get(port: int, path: str) -> tuple[int, str]:
    """Status and content of an answer; 0 while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


class Service:
    """`python -m application` on free ports, ready inside of a `with` block and stopped after it.

    Attributes:
        port: where it serves.
        metrics_port: where it serves its metrics.
        temporary: its folder for temporary files.
        log: the file that its standard output goes to.
    """

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        self.temporary, self.log = folder / "temporary", folder / "log"
        self.temporary.mkdir()
        self._environ = {
            **os.environ,
            "GRANIAN_PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "TMPDIR": str(self.temporary),
            **settings,
        }

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "application"], env=self._environ, stdout=log, stderr=log
            )
        try:
            eventually(lambda: get(self.port, "/healthz")[0] == 200)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.process.terminate()  # not kill(), which its workers would outlive
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Tell it to stop, and return how it exited."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def workers(self) -> set[int]:
        """The processes that serve. Linux only."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(child) for child in children.split()}

    def counted(self, route: str) -> float:
        """How many requests of a route its metrics have counted."""
        _, text = get(self.metrics_port, "/metrics")
        return sum(
            float(number) for number in re.findall(rf'^http_requests_total{{.*route="{route}".*}} (.*)$', text, re.M)
        )
