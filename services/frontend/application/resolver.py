"""Where a host is: all of its addresses, without a wait that a reader would notice."""

from concurrent.futures import ThreadPoolExecutor
from socket import SOCK_STREAM, AddressFamily, SocketKind, getaddrinfo
from typing import Any, NamedTuple

LOOKUP_SECONDS = 0.2
"""What a lookup may take. A cluster's DNS answers within milliseconds, or not for many seconds."""

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

    def addresses(self, host: str, port: int) -> list[Address]:
        """Return all addresses of a host; while DNS is away, those that it had last.

        Raises:
            OSError: none is known.
        """
        lookup = self._lookups.submit(getaddrinfo, host, port, type=SOCK_STREAM)
        try:
            found = lookup.result(LOOKUP_SECONDS)
        except OSError as error:  # a time-out is one, too
            lookup.cancel()
            if (host, port) not in self._known:
                raise OSError(f"the address of {host} is unknown: {str(error) or 'no answer from DNS'}") from error
        else:
            self._known[host, port] = [
                Address(family, kind, protocol, address) for family, kind, protocol, _, address in found
            ]
        return self._known[host, port]
