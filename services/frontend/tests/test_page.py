"""The page: what a reader sees, and what a browser is told."""

from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from tests.stub_backend import StubBackend


class Page(HTMLParser):
    """The parts of a page that the tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.items: list[str] = []
        self.links: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag == "li":
            self.items.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "bdi":
            self.items[-1] += data.strip()


def test_the_users_are_listed_in_the_backends_order(client: FlaskClient, backend: StubBackend) -> None:
    response = client.get("/")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert Page(response.text).items == ["Bob", "Zoë"]
    assert "2 users" in response.text
    assert backend.asked == ["GET /backend"]


def test_no_users_is_said(client: FlaskClient, backend: StubBackend) -> None:
    backend.users = []
    response = client.get("/")
    assert response.status_code == 200
    assert "There are no users yet." in response.text
    assert "ul" not in Page(response.text).tags


def test_a_name_is_text_and_never_markup(client: FlaskClient, backend: StubBackend) -> None:
    backend.users = [{"userName": "<script>alert(1)</script>"}]
    page = Page(client.get("/").text)
    assert page.items == ["<script>alert(1)</script>"]
    assert "script" not in page.tags


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_pages_need_no_script_no_inline_style_and_no_other_host(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    page = Page(response.text)
    assert not {"script", "style"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert page.links
    assert all(link is not None and link.startswith("/") and not link.startswith("//") for link in page.links)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_what_the_page_links_to_is_there(client: FlaskClient) -> None:
    for link in Page(client.get("/").text).links:
        with client.get(str(link)) as response:
            assert response.status_code == 200, link


def test_errors_are_pages_with_a_way_on(client: FlaskClient) -> None:
    missing = client.get("/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert "<h1>Not Found</h1>" in missing.text
    assert "/" in Page(missing.text).links
    refused = client.post("/")
    assert (refused.status_code, refused.mimetype) == (405, "text/html")
    assert "GET" in refused.headers["Allow"]
