"""The cluster's DNS: names of Services, answered with the addresses of pods."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, cast

from dnslib import QTYPE, RCODE, RR, A, DNSError, DNSRecord

PORT = 53
TIME_TO_LIVE = 5
"""Seconds that an answer is kept: CoreDNS says so to its clients, and does so itself."""

Lookup = Callable[[str], list[str] | None]
"""Returns the addresses of a name, in lower case with no dot at its end; None for a name that does not exist."""


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        try:
            question = DNSRecord.parse(data)
        except DNSError:  # no question of any pod's
            return
        answer = question.reply()
        addresses = self._lookup(str(question.q.qname).rstrip(".").lower())
        if addresses is None:
            answer.header.rcode = RCODE.NXDOMAIN
        elif question.q.qtype == QTYPE.A:
            for address in addresses:
                answer.add_answer(RR(question.q.qname, QTYPE.A, ttl=TIME_TO_LIVE, rdata=A(address)))
        self._transport.sendto(answer.pack(), addr)


async def serve(address: str, lookup: Lookup) -> asyncio.BaseTransport:
    """Answer questions over UDP at `address`, until what is returned is closed."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Answers(lookup), local_addr=(address, PORT)
    )
    return transport


def kept(lookup: Lookup, clock: Callable[[], float] = monotonic) -> Lookup:
    """Return a lookup that says the same of a name for as long as the cluster's DNS keeps an answer."""
    known: dict[str, tuple[float, list[str] | None]] = {}

    def answer(name: str) -> list[str] | None:
        if name not in known or clock() - known[name][0] >= TIME_TO_LIVE:
            known[name] = clock(), lookup(name)
        return known[name][1]

    return answer
