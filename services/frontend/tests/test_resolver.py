"""Names into addresses, with a DNS that is quick, slow or away."""

import socket
from collections.abc import Iterator
from threading import Event, Timer
from time import monotonic
from typing import Any

import pytest

from application import resolver as resolver_module
from application.resolver import LOOKUP_SECONDS, Resolver

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"10.0.0.{pod}", 5001)) for pod in (1, 2, 3)]


class Dns:
    """Answers at once, or fails, or hangs until the test ends."""

    def __init__(self) -> None:
        self.failure: OSError | None = None
        self.hangs = False
        self.over = Event()
        self.found = FOUND

    def __call__(self, *_: Any, **__: Any) -> list[Any]:
        failure, found = self.failure, self.found
        if self.hangs:
            self.over.wait(30)
        if failure:
            raise failure
        return found


def soon() -> float:
    """Return the deadline of a request that has just come."""
    return monotonic() + 0.5


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dns]:
    fake = Dns()
    monkeypatch.setattr(resolver_module, "getaddrinfo", fake)
    yield fake
    fake.over.set()


@pytest.mark.usefixtures("dns")
def test_all_addresses_are_returned() -> None:
    assert [found.address for found in Resolver().addresses("backend", 5001, soon())] == [entry[4] for entry in FOUND]


def test_a_real_name_is_looked_up() -> None:
    assert ("127.0.0.1", 80) in [found.address for found in Resolver().addresses("localhost", 80, soon())]


def test_an_unknown_name_is_an_error_that_says_so(dns: Dns) -> None:
    dns.failure = socket.gaierror(-2, "Name or service not known")
    with pytest.raises(OSError, match=r"^the address of backend is unknown: .*Name or service not known"):
        Resolver().addresses("backend", 5001, soon())


def test_a_first_lookup_is_waited_for_until_the_deadline(dns: Dns) -> None:
    dns.hangs = True
    Timer(LOOKUP_SECONDS + 0.1, dns.over.set).start()
    assert len(Resolver().addresses("backend", 5001, soon())) == len(FOUND)


def test_a_first_lookup_is_given_up_on_at_the_deadline(dns: Dns) -> None:
    dns.hangs = True
    begun = monotonic()
    with pytest.raises(OSError, match=r"^the address of backend is unknown: no answer from DNS$"):
        Resolver().addresses("backend", 5001, soon())
    assert 0.5 <= monotonic() - begun < 2


def test_a_later_lookup_that_is_slow_is_given_up_on_at_once_and_serves_the_next_request(dns: Dns) -> None:
    resolver = Resolver()
    known = resolver.addresses("backend", 5001, soon())
    dns.hangs, dns.found = True, FOUND[:1]
    begun = monotonic()
    assert resolver.addresses("backend", 5001, soon()) == known
    assert LOOKUP_SECONDS <= monotonic() - begun < 0.5
    dns.failure = OSError("no other answer comes")
    dns.over.set()
    while resolver.addresses("backend", 5001, soon()) == known:
        assert monotonic() - begun < 5, "the late answer was thrown away"


@pytest.mark.parametrize("hangs", [True, False])
def test_what_was_known_is_used_while_dns_is_away(dns: Dns, hangs: bool) -> None:
    resolver = Resolver()
    known = resolver.addresses("backend", 5001, soon())
    dns.hangs, dns.failure = hangs, socket.gaierror(-3, "Temporary failure in name resolution")
    assert resolver.addresses("backend", 5001, soon()) == known
    with pytest.raises(OSError, match="the address of other is unknown"):
        resolver.addresses("other", 5001, soon())
