"""Where a host is: all of its addresses, and no request waits for DNS but a process's first.

What a process knows is asked for again every two seconds, in a thread of its own. To ask when a connection is due, once
a minute, and to take the old answer where DNS is slow just then, would lead to pods that have long gone.
"""

import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from socket import SOCK_STREAM, AddressFamily, SocketKind, getaddrinfo
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, NamedTuple

REFRESH_SECONDS = 2.0
"""How old an answer of DNS gets while it answers. With the 5 s for which a cluster's DNS keeps one, that is half of the
time for which a pod that ends still serves."""

_FIRST_LOOKUPS_AT_ONCE = 4


class Address(NamedTuple):
    """What a socket is made with, and where it connects to."""

    family: AddressFamily
    kind: SocketKind
    protocol: int
    address: Any
    """As the family wants it: host and port, and two more for IPv6."""


_Known = dict[tuple[str, int], list[Address]]


class Resolver:
    """Looks names up in threads of its own, since `getaddrinfo` cannot be told when to give up.

    Args:
        refresh: seconds after which it asks again for all that it knows.
    """

    def __init__(self, refresh: float = REFRESH_SECONDS) -> None:
        self._first_lookups = ThreadPoolExecutor(_FIRST_LOOKUPS_AT_ONCE, thread_name_prefix="resolver")
        self._known: _Known = {}
        self._refresh, self._starting, self._refreshing = refresh, Lock(), False

    def addresses(self, host: str, port: int, deadline: float) -> list[Address]:
        """Return all addresses of a host: those of a moment ago; while DNS is away, those that it had last.

        Where there are none yet, as in a process that has just started, an answer is waited for until the deadline, a
        moment by `monotonic()`. One that comes too late serves the next request.

        Raises:
            OSError: none is known.
        """
        if (host, port) not in self._known:
            lookup = self._first_lookups.submit(_look_up, self._known, host, port)
            try:
                lookup.result(deadline - monotonic())
            except OSError as error:  # a time-out is one, too
                lookup.cancel()
                raise OSError(f"the address of {host} is unknown: {str(error) or 'no answer from DNS'}") from error
            self._keep_fresh()
        return self._known[host, port]

    def _keep_fresh(self) -> None:
        """Begin to ask again, once; it ends with the resolver."""
        with self._starting:
            if self._refreshing:
                return
            self._refreshing, over = True, Event()
            weakref.finalize(self, over.set)
            Thread(
                target=_refresh, args=(self._known, over, self._refresh), name="resolver-refresh", daemon=True
            ).start()


def _refresh(known: _Known, over: Event, seconds: float) -> None:
    while not over.wait(seconds):
        for host, port in list(known):
            with suppress(OSError):  # what was known is still the best that there is
                _look_up(known, host, port)


def _look_up(known: _Known, host: str, port: int) -> None:
    found = getaddrinfo(host, port, type=SOCK_STREAM)
    known[host, port] = [Address(family, kind, protocol, address) for family, kind, protocol, _, address in found]
