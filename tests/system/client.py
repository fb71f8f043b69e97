"""Small conversations with the application over real HTTP, a connection each."""

from http.client import HTTPConnection, HTTPResponse
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit


class Page(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


def ask(method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes | None = None) -> Page:
    """Send one request and read its whole answer; header names of the answer are in lower case."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers=headers or {})
        answer: HTTPResponse = connection.getresponse()
        return Page(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
    finally:
        connection.close()


def get(url: str, **headers: str) -> Page:
    """Ask for a page; `X_Request_ID='a'` sends that header."""
    return ask("GET", url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def submit(url: str, cookie: str = "", **fields: str) -> Page:
    """Submit a form, as a browser does that follows no redirect."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Cookie": cookie} if cookie else {})
    return ask("POST", url, headers=headers, body=urlencode(fields).encode())


def cookie_of(page: Page) -> str:
    """Return the cookie that an answer sets, as the next request sends it."""
    return page.headers["set-cookie"].partition(";")[0]
