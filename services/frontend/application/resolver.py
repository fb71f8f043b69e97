"""Where a host is: all of its addresses, without a wait that a reader would notice."""

from concurrent.futures import ThreadPoolExecutor
from socket import SOCK_STREAM, AddressFamily, SocketKind, getaddrinfo
from time import monotonic
from typing import Any, NamedTuple

LOOKUP_SECONDS = 0.2
"""What a lookup may take where addresses are known from an earlier one. A cluster's DNS answers within milliseconds, or
not for many seconds."""

_LOOKUPS_AT_ONCE = 4


class Address(NamedTuple):
    """What a socket is made with, and where it connects to."""

    family: AddressFamily
    kind: SocketKind
    protocol: int
    address: Any
    """As the family wants it: host and port, and two more for IPv6."""


class Resolver:
    """Looks names up in threads of its own, since `getaddrinfo` cannot be told when to give up."""

    def __init__(self) -> None:
        self._lookups = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="resolver")
        self._known: dict[tuple[str, int], list[Address]] = {}

    def addresses(self, host: str, port: int, deadline: float) -> list[Address]:
        """Return all addresses of a host; while DNS is away, those that it had last.

        Where there are none yet, as in a process that has just started, an answer is waited for until the deadline, a
        moment by `monotonic()`. One that comes too late serves the next request.

        Raises:
            OSError: none is known.
        """
        lookup = self._lookups.submit(self._look_up, host, port)
        left = deadline - monotonic()
        try:
            lookup.result(min(LOOKUP_SECONDS, left) if (host, port) in self._known else left)
        except OSError as error:  # a time-out is one, too
            lookup.cancel()
            if (host, port) not in self._known:
                raise OSError(f"the address of {host} is unknown: {str(error) or 'no answer from DNS'}") from error
        return self._known[host, port]

    def _look_up(self, host: str, port: int) -> None:
        found = getaddrinfo(host, port, type=SOCK_STREAM)
        self._known[host, port] = [
            Address(family, kind, protocol, address) for family, kind, protocol, _, address in found
        ]
