"""All users read by one client, and the backend's memory meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

import urllib3

from benchmarks import BenchmarkError, memory
from rehearsal.system import Process

_CHUNK = 1 << 20
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Stream:
    """How `GET /backend` went.

    Attributes:
        users: how many were read.
        size: how many bytes.
        seconds: how long that took.
        before: memory of all workers before, in megabytes.
        most: the most that they took meanwhile, in megabytes.
    """

    users: int
    size: int
    seconds: float
    before: float
    most: float


def read_all(backend: Process) -> Stream:
    """Read all users to the end; no name may hold a brace, by which they are counted.

    Raises:
        BenchmarkError: the answer was an error, or broke off.
    """
    before = memory.of_workers(backend).proportional
    begin = monotonic()
    size = users = 0
    with _watched(backend) as seen:
        try:
            answer = urllib3.request("GET", f"{backend.url}/backend", preload_content=False, timeout=60, retries=False)
            for chunk in answer.stream(_CHUNK):
                size += len(chunk)
                users += chunk.count(b"{")
        except urllib3.exceptions.HTTPError as error:
            raise BenchmarkError(f"GET /backend broke off after {users:,} users: {error}") from error
    seconds = monotonic() - begin
    if answer.status != 200:
        raise BenchmarkError(f"GET /backend was answered with {answer.status}")
    return Stream(users, size, seconds, before, max(seen))


@contextmanager
def _watched(process: Process) -> Iterator[list[float]]:
    """Look at the memory of a service's workers again and again; yields the list of what was seen, in megabytes."""
    seen: list[float] = []
    ended = Event()

    def look() -> None:
        while not ended.is_set():
            seen.append(memory.of_workers(process).proportional)
            ended.wait(_LOOK_SECONDS)

    looking = Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()
