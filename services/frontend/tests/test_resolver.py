"""Names into addresses, with a DNS that is quick, slow or away."""

import socket
from collections.abc import Iterator
from threading import Event
from time import monotonic
from typing import Any

import pytest

from application import resolver as resolver_module
from application.resolver import Resolver

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"10.0.0.{pod}", 5001)) for pod in (1, 2, 3)]


class Dns:
    """Answers at once, or fails, or hangs until the test ends."""

    def __init__(self) -> None:
        self.failure: OSError | None = None
        self.hangs = False
        self.over = Event()

    def __call__(self, *_: Any, **__: Any) -> list[Any]:
        if self.hangs:
            self.over.wait(30)
        if self.failure:
            raise self.failure
        return FOUND


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dns]:
    fake = Dns()
    monkeypatch.setattr(resolver_module, "getaddrinfo", fake)
    yield fake
    fake.over.set()


@pytest.mark.usefixtures("dns")
def test_all_addresses_are_returned() -> None:
    assert [found.address for found in Resolver().addresses("backend", 5001)] == [entry[4] for entry in FOUND]


def test_a_real_name_is_looked_up() -> None:
    assert ("127.0.0.1", 80) in [found.address for found in Resolver().addresses("localhost", 80)]


def test_an_unknown_name_is_an_error_that_says_so(dns: Dns) -> None:
    dns.failure = socket.gaierror(-2, "Name or service not known")
    with pytest.raises(OSError, match=r"^the address of backend is unknown: .*Name or service not known"):
        Resolver().addresses("backend", 5001)


def test_a_slow_lookup_is_given_up_on(dns: Dns) -> None:
    dns.hangs = True
    begun = monotonic()
    with pytest.raises(OSError, match=r"^the address of backend is unknown: no answer from DNS$"):
        Resolver().addresses("backend", 5001)
    assert 0.2 <= monotonic() - begun < 2


@pytest.mark.parametrize("hangs", [True, False])
def test_what_was_known_is_used_while_dns_is_away(dns: Dns, hangs: bool) -> None:
    resolver = Resolver()
    known = resolver.addresses("backend", 5001)
    dns.hangs, dns.failure = hangs, socket.gaierror(-3, "Temporary failure in name resolution")
    assert resolver.addresses("backend", 5001) == known
    with pytest.raises(OSError, match="the address of other is unknown"):
        resolver.addresses("other", 5001)
