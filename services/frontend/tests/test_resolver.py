"""Names into addresses, with a DNS that is quick, slow or away."""

import socket
from collections.abc import Callable, Iterator
from threading import Event, Timer
from threading import enumerate as enumerate_threads
from time import monotonic, sleep
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
        self.found = FOUND
        self.asked = 0
        self.told: list[int] = []

    def __call__(self, *_: Any, **__: Any) -> list[Any]:
        failure, found = self.failure, self.found
        self.asked += 1
        if self.hangs:
            self.over.wait(30)
        if failure:
            raise failure
        self.told.append(len(found))
        return found


def wait_for(true: Callable[[], bool]) -> None:
    """Look until something is true, which it is to be soon."""
    deadline = monotonic() + 5
    while not true():
        assert monotonic() < deadline
        sleep(0.005)


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
    Timer(0.3, dns.over.set).start()
    assert len(Resolver().addresses("backend", 5001, soon())) == len(FOUND)


def test_a_first_lookup_is_given_up_on_at_the_deadline(dns: Dns) -> None:
    dns.hangs = True
    begun = monotonic()
    with pytest.raises(OSError, match=r"^the address of backend is unknown: no answer from DNS$"):
        Resolver().addresses("backend", 5001, soon())
    assert 0.5 <= monotonic() - begun < 2


def test_a_first_answer_that_comes_too_late_serves_the_next_request(dns: Dns) -> None:
    dns.hangs = True
    resolver = Resolver()
    with pytest.raises(OSError, match="no answer from DNS"):
        resolver.addresses("backend", 5001, monotonic() + 0.05)
    dns.over.set()
    assert len(resolver.addresses("backend", 5001, soon())) == len(FOUND)


def test_pods_that_come_and_go_are_known_before_a_request_asks_for_them(dns: Dns) -> None:
    resolver = Resolver(refresh=0.02)
    resolver.addresses("backend", 5001, soon())
    dns.found = FOUND[:1]
    wait_for(lambda: dns.told.count(1) > 1)  # the first of them is known by then
    dns.hangs = True  # whoever asks now is told what DNS said last, and not what the last request was told
    assert len(resolver.addresses("backend", 5001, soon())) == 1


def test_a_request_never_waits_where_an_answer_is_known(dns: Dns) -> None:
    resolver = Resolver(refresh=0.02)
    known = resolver.addresses("backend", 5001, soon())
    dns.hangs = True
    wait_for(lambda: dns.asked > 1)
    assert resolver.addresses("backend", 5001, deadline=0) == known


@pytest.mark.parametrize("hangs", [True, False])
def test_what_was_known_is_used_while_dns_is_away(dns: Dns, hangs: bool) -> None:
    resolver = Resolver(refresh=0.02)
    known = resolver.addresses("backend", 5001, soon())
    dns.hangs, dns.failure = hangs, socket.gaierror(-3, "Temporary failure in name resolution")
    wait_for(lambda: dns.asked > (1 if hangs else 4))
    assert resolver.addresses("backend", 5001, soon()) == known
    with pytest.raises(OSError, match="the address of other is unknown"):
        resolver.addresses("other", 5001, soon())


def test_dns_that_is_back_is_heard(dns: Dns) -> None:
    resolver = Resolver(refresh=0.02)
    resolver.addresses("backend", 5001, soon())
    dns.failure = socket.gaierror(-3, "Temporary failure in name resolution")
    wait_for(lambda: dns.asked > 2)
    dns.failure, dns.found = None, FOUND[:1]
    wait_for(lambda: len(resolver.addresses("backend", 5001, soon())) == 1)


@pytest.mark.usefixtures("dns")
def test_nobody_asks_for_a_resolver_that_is_gone() -> None:
    before = set(enumerate_threads())
    resolver = Resolver(refresh=0.02)
    resolver.addresses("backend", 5001, soon())
    (refreshing,) = (thread for thread in set(enumerate_threads()) - before if thread.name == "resolver-refresh")
    del resolver
    wait_for(lambda: not refreshing.is_alive())
