"""The client's connections: kept, renewed, and given up in time; what is sent twice, and what never is."""

import random
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread
from time import monotonic

import pytest

from application import connection as connection_module
from application.connection import MAX_BYTES, Answer, BrokenOffError, Connections
from application.resolver import Address, Resolver
from tests.raw_server import OK, Behaviour, RawServer, answering, dripping, hanging, keeping, resetting

UNSAFE = ["POST", "DELETE"]


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def ask(connections: Connections, url: str, method: str = "GET", patience: float = 5) -> Answer:
    return connections.ask(url, method, "/backend", deadline=monotonic() + patience, headers={})


def started(servers: ExitStack, *behaviours: Behaviour) -> RawServer:
    return servers.enter_context(RawServer(*behaviours))


def test_a_thread_keeps_its_connection(servers: ExitStack) -> None:
    server, connections = started(servers, keeping()), Connections()
    for method in ("GET", "POST", "DELETE", "GET"):
        assert ask(connections, server.url, method) == Answer(200, {"content-length": "2"}, b"[]")
    assert server.connections == 1
    thread = Thread(target=ask, args=(connections, server.url))
    thread.start()
    thread.join()
    assert server.connections == 2


def test_what_is_sent_is_one_request(servers: ExitStack) -> None:
    arrived: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        arrived.append(connection.recv(4096))
        connection.sendall(OK)

    server = started(servers, behave)
    Connections().ask(
        server.url, "POST", "/backend", deadline=monotonic() + 5, headers={"X-Request-ID": "a1"}, content=b"{}"
    )
    host = server.url.removeprefix("http://").encode()
    assert arrived == [
        b"POST /backend HTTP/1.1\r\nHost: " + host + b"\r\nX-Request-ID: a1\r\nContent-Length: 2\r\n\r\n{}"
    ]


@pytest.mark.parametrize(
    "ending", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", OK.replace(b"1.1", b"1.0")]
)
def test_a_connection_that_the_server_means_to_close_is_not_kept(servers: ExitStack, ending: bytes) -> None:
    server, connections = started(servers, keeping(ending)), Connections()
    assert [ask(connections, server.url, "POST").content for _ in range(2)] == [b"[]", b"[]"]
    assert server.connections == 2


@pytest.mark.parametrize("method", ["GET", *UNSAFE])
def test_an_idle_connection_that_was_closed_is_not_used(servers: ExitStack, method: str) -> None:
    server, connections = started(servers, answering(OK), keeping()), Connections()
    ask(connections, server.url)
    kept = connections._kept
    assert kept is not None
    assert kept._arrivals.poll(5000), "the server's close never came"
    assert ask(connections, server.url, method).status == 200
    assert server.connections == 2


def test_a_connection_is_renewed_in_time(servers: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    server, connections = started(servers, keeping()), Connections()
    monkeypatch.setattr(connection_module, "_LIFETIME", (0.0, 0.0))
    for count in (1, 2, 3):
        ask(connections, server.url)
        assert server.connections == count


def test_lifetimes_differ_so_that_threads_do_not_renew_at_once(servers: ExitStack) -> None:
    server = started(servers, keeping())
    ends = []
    for _ in range(5):
        connections = Connections()
        ask(connections, server.url)
        assert connections._kept is not None
        ends.append(connections._kept._renewed_at - monotonic())
    assert all(40 < end <= 75 for end in ends)
    assert max(ends) - min(ends) > 0.1


@pytest.mark.parametrize("failing", [answering(b""), resetting])
def test_a_get_whose_connection_breaks_off_is_sent_once_more(servers: ExitStack, failing: Behaviour) -> None:
    server = started(servers, failing, keeping())
    assert ask(Connections(), server.url).status == 200
    assert server.connections == 2


@pytest.mark.parametrize("failing", [answering(b""), resetting])
def test_tries_of_a_get_come_to_an_end(servers: ExitStack, failing: Behaviour) -> None:
    server = started(servers, failing)
    with pytest.raises(BrokenOffError):
        ask(Connections(), server.url)
    assert server.connections == 2


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("failing", [answering(b""), resetting])
def test_a_change_that_may_have_been_made_is_never_sent_again(
    servers: ExitStack, failing: Behaviour, method: str
) -> None:
    server = started(servers, failing, keeping())
    with pytest.raises(BrokenOffError):
        ask(Connections(), server.url, method)
    assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", *UNSAFE])
@pytest.mark.parametrize("behaviour", [hanging, dripping])
def test_waiting_ends_at_the_deadline_and_nothing_is_sent_again(
    servers: ExitStack, behaviour: Behaviour, method: str
) -> None:
    server, connections = started(servers, behaviour), Connections()
    begun = monotonic()
    with pytest.raises(TimeoutError):
        ask(connections, server.url, method, patience=0.3)
    assert 0.3 <= monotonic() - begun < 2
    assert server.connections == 1


def test_a_connection_that_was_given_up_on_is_not_used_again(servers: ExitStack) -> None:
    """Its answer may come later, and would be taken for the next one's."""
    server, connections = started(servers, hanging, keeping()), Connections()
    with pytest.raises(TimeoutError):
        ask(connections, server.url, patience=0.2)
    assert ask(connections, server.url).status == 200
    assert server.connections == 2


def test_time_that_is_up_asks_nobody(servers: ExitStack) -> None:
    server, connections = started(servers, keeping()), Connections()
    ask(connections, server.url)
    with pytest.raises(TimeoutError):
        ask(connections, server.url, patience=0)


@pytest.mark.parametrize(
    "bad",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n[]",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * MAX_BYTES,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_BYTES,
    ],
)
def test_what_is_no_whole_answer_is_none(servers: ExitStack, bad: bytes) -> None:
    server = started(servers, answering(bad))
    with pytest.raises(BrokenOffError):
        ask(Connections(), server.url, "POST")


@pytest.mark.parametrize(
    ("answer", "status", "content"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n", 200, b"[]"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, 200, b"[]"),
    ],
)
def test_answers_may_come_in_any_form_of_http(servers: ExitStack, answer: bytes, status: int, content: bytes) -> None:
    server, connections = started(servers, keeping(answer)), Connections()
    for _ in range(2):
        got = ask(connections, server.url)
        assert (got.status, got.content) == (status, content)
        assert got.headers.get("link") is None
    assert server.connections == 1


def address_of(server: RawServer) -> Address:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return Address(socket.AF_INET, socket.SOCK_STREAM, 0, (host, int(port)))


@pytest.fixture
def refusing() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Address(socket.AF_INET, socket.SOCK_STREAM, 0, server.getsockname())


def test_connections_spread_over_all_addresses(servers: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [started(servers, keeping()) for _ in range(3)]
    monkeypatch.setattr(Resolver, "addresses", lambda *_: [address_of(pod) for pod in pods])
    random.seed(1)
    for _ in range(60):
        ask(Connections(), "http://backend:5001")
    assert all(pod.connections > 8 for pod in pods)
    assert sum(pod.connections for pod in pods) == 60


@pytest.mark.parametrize("method", ["GET", *UNSAFE])
def test_an_address_that_refuses_is_passed_over(
    servers: ExitStack, monkeypatch: pytest.MonkeyPatch, refusing: Address, method: str
) -> None:
    """Nothing was sent there, so that this is safe for changes, too."""
    pod = started(servers, keeping())
    monkeypatch.setattr(Resolver, "addresses", lambda *_: [refusing, address_of(pod)])
    for _ in range(10):
        assert ask(Connections(), "http://backend:5001", method).status == 200
    assert pod.connections == 10


def test_what_broke_off_at_one_address_is_asked_of_another(servers: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod that is being killed may take more than one connection, and break them all off."""
    dying, well = started(servers, resetting), started(servers, keeping())
    addresses = [address_of(dying), address_of(well)]
    monkeypatch.setattr(Resolver, "addresses", lambda *_: addresses)
    assert [ask(Connections(), "http://backend:5001").status for _ in range(40)] == [200] * 40
    assert dying.connections > 5


def test_where_there_is_one_address_alone_it_is_asked_again(
    servers: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = started(servers, resetting, keeping())
    monkeypatch.setattr(Resolver, "addresses", lambda *_: [address_of(server)])
    assert ask(Connections(), "http://backend:5001").status == 200
    assert server.connections == 2


def test_refusals_come_to_an_end(monkeypatch: pytest.MonkeyPatch, refusing: Address) -> None:
    monkeypatch.setattr(Resolver, "addresses", lambda *_: [refusing] * 100)
    with pytest.raises(ConnectionRefusedError):
        ask(Connections(), "http://backend:5001")


def test_a_host_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Resolver, "addresses", lambda *_: [])
    with pytest.raises(OSError, match=r"^backend has no address$"):
        ask(Connections(), "http://backend:5001")


def test_an_address_that_never_accepts_leaves_time_for_another(
    servers: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose node has just died."""
    pod = started(servers, keeping())
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = Address(socket.AF_INET, socket.SOCK_STREAM, 0, full.getsockname())
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            servers.enter_context(filler)
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        monkeypatch.setattr(Resolver, "addresses", lambda *_: [address, address_of(pod)])
        monkeypatch.setattr(connection_module, "_CONNECT_SECONDS", 0.1)
        begun = monotonic()
        for _ in range(5):
            assert ask(Connections(), "http://backend:5001").status == 200
        assert monotonic() - begun < 2


def test_tls_is_verified(servers: ExitStack) -> None:
    """What does not prove to be the server is not asked; here it does not even speak TLS."""
    server = started(servers, answering(OK))
    with pytest.raises(ssl.SSLError):
        ask(Connections(), server.url.replace("http:", "https:"), "POST")
    assert server.connections == 2  # nothing was sent
