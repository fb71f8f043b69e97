"""HTTP that no honest client sends, raw, through NGINX: refused or cut off, never a server error."""

import socket
from contextlib import suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

from rehearsal.mariadb import MariaDB
from rehearsal.system import System
from tests.system.client import get, submit

pytestmark = pytest.mark.full

PATIENCE = 10.0  # seconds; NGINX waits for 5 before it gives up on the rest of a body that it has refused

GET = b"GET / HTTP/1.1\r\nHost: users\r\nConnection: close\r\n"
POST = (
    b"POST /users HTTP/1.1\r\nHost: users\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)

REFUSED = {
    "a header line of 40 kB": GET + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    "10,000 headers": GET + b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + b"\r\n",
    "a URI of 40 kB": b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a body that is declared too big": POST + b"Content-Length: 10000000\r\n\r\n",
    "a chunked body that is too big": POST
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"10000\r\n"
    + b"x" * 65536
    + b"\r\n10000\r\n"
    + b"x" * 65536
    + b"\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\nname=a",
    "a length and chunks": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x",
    "chunks by another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks before HTTP/1.1": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is no number": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk size beyond all bounds": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx\r\n0\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: six\r\n\r\nname=a",
    "a negative length": POST + b"Content-Length: -6\r\n\r\nname=a",
    "a space before the colon": GET + b"Content-Length : 3\r\nX: \r\n\r\n" + b"\x00",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: others\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "HTTP/9": b"GET / HTTP/9.9\r\nHost: users\r\n\r\n",
    "a method that is none": b"G E T / HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "CONNECT": b"CONNECT users:80 HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a NUL in the path": b"GET /%00 HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a raw NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a percent sign and no number": b"GET /%zz HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a path out of the root": b"GET /../../etc/passwd HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a path that is no UTF-8": b"GET /%ff%fe HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a form that is no UTF-8": POST + b"Content-Length: 9\r\n\r\nname=%ff\xfe",
    "a form with a NUL": POST + b"Content-Length: 8\r\n\r\nname=%00",
    "a form of another kind": POST.replace(b"x-www-form-urlencoded", b"json") + b"Content-Length: 2\r\n\r\n{}",
    "a broken multipart": POST.replace(b"x-www-form-urlencoded", b"x; boundary=") + b"Content-Length: 1\r\n\r\nx",
    "an empty form": POST + b"Content-Length: 0\r\n\r\n",
}
"""What is refused with a 4xx, or by closing the connection."""

HARMLESS = {
    "a header with control characters": GET + b"X-Odd: a\x01b\r\n\r\n",
    "the header by which NGINX asks for its error page": GET + b"X-Outage: 1\r\n\r\n",
    "a cookie of 7 kB": GET + b"Cookie: notice=" + b"x" * 7000 + b"\r\n\r\n",
    "a cookie that is no UTF-8": GET + b"Cookie: notice=%ff\xfe\r\n\r\n",
    "a cookie that ends nowhere": GET + b'Cookie: notice="a; b=\r\n\r\n',
    "a thousand parameters": b"GET /?"
    + b"&".join(b"a%d=b" % n for n in range(1000))
    + b" HTTP/1.1\r\nHost: u\r\nConnection: close\r\n\r\n",
    "lines that end in LF alone": GET.replace(b"\r\n", b"\n") + b"\n",
    "a query that is no UTF-8": b"GET /?after=%ff HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a control character in the query": b"GET /?after=%00 HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
    "a name that nobody can have": b"GET /?after="
    + b"x" * 5000
    + b" HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n",
}
"""What may be answered or refused, as long as it is no server error."""


def statuses(url: str, sent: bytes) -> list[int]:
    """Return the status of every answer that comes before the connection is closed, which all of these ask for.

    Raises:
        TimeoutError: it hangs.
    """
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=PATIENCE) as connection:
        with suppress(ConnectionError):  # refused before all of it was read
            connection.sendall(sent)
        with suppress(ConnectionError):
            while piece := connection.recv(65536):
                received += piece
    return [
        int(line.split()[1])
        for line in received.split(b"\r\n")
        if line.startswith(b"HTTP/1.") and line.split()[1].isdigit()
    ]


@pytest.mark.parametrize("what", REFUSED)
def test_bad_http_is_refused(system: System, what: str) -> None:
    seen = statuses(system.proxy.url, REFUSED[what])
    assert all(400 <= status < 500 for status in seen), seen
    assert len(seen) <= 1, "one message was taken for two"
    assert get(f"{system.proxy.url}/").status == 200


@pytest.mark.parametrize("what", HARMLESS)
def test_odd_http_is_no_server_error(system: System, what: str) -> None:
    seen = statuses(system.proxy.url, HARMLESS[what])
    assert len(seen) == 1
    assert all(200 <= status < 500 for status in seen), seen
    assert get(f"{system.proxy.url}/").status == 200


def test_a_request_hidden_in_another_is_not_served(system: System) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n"
    for head in (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(hidden)),
        b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden),
        b"Transfer-Encoding:\x0bchunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
    ):
        seen = statuses(system.proxy.url, POST + head + hidden)
        assert all(400 <= status < 500 for status in seen), seen
        assert len(seen) <= 1


def test_no_form_makes_the_proxy_give_up_on_the_frontend(system: System) -> None:
    for _ in range(6):
        for path in ("users", "users/remove"):
            assert submit(f"{system.proxy.url}/{path}", name="x" * 7000).status < 500
            assert submit(f"{system.proxy.url}/{path}", name="Nobody", after="x" * 7000).status < 500
    assert get(f"{system.proxy.url}/?after=afterwards").status == 200


def test_slow_clients_are_cut_off_and_hold_up_nobody(database: MariaDB, tmp_path: Path) -> None:
    def impatient(text: str) -> str:
        for directive in ("client_header_timeout 10s;", "client_body_timeout 10s;"):
            assert directive in text
            text = text.replace(directive, directive.replace("10s", "1s"))
        return text

    with System(tmp_path, database.uri(), edit=impatient) as system:
        parts = urlsplit(system.proxy.url)

        def begin(sent: bytes) -> socket.socket:
            connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=PATIENCE)
            connection.sendall(sent)
            return connection

        slow = [begin(GET[:20]) for _ in range(100)] + [
            begin(POST + b"Content-Length: 20\r\n\r\nname=") for _ in range(100)
        ]
        begun = monotonic()
        assert {get(f"{system.proxy.url}/?after={number}").status for number in range(20)} == {200}
        assert monotonic() - begun < PATIENCE
        ends = [end(connection) for connection in slow]
        assert set(ends) <= {b"", b"HTTP/1.1 408"}, set(ends)


def end(connection: socket.socket) -> bytes:
    """Return how the server ended the connection: the status line, or nothing."""
    with connection:
        try:
            return connection.recv(65536)[:12]
        except ConnectionResetError:
            return b""
