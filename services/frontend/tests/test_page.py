"""The page: what a reader sees, and what a browser is told."""

import pytest
from flask.testing import FlaskClient

from tests.page import Page
from tests.stub_backend import StubBackend

MANY = [f"user {number:03}" for number in range(120)]


def test_the_users_are_listed_in_the_backends_order(client: FlaskClient, backend: StubBackend) -> None:
    response = client.get("/")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert Page(response).names == ["Bob", "Zoë"]
    assert "2 users<" in response.text
    assert backend.asked == ["GET /backend?limit=50"]


def test_one_user_is_one(client: FlaskClient, backend: StubBackend) -> None:
    backend.names = ["Bob"]
    assert "1 user<" in client.get("/").text


def test_no_users_is_said(client: FlaskClient, backend: StubBackend) -> None:
    backend.names = []
    response = client.get("/")
    assert response.status_code == 200
    assert "There are no users yet." in response.text
    assert "ul" not in Page(response).tags
    assert Page(response).form("Add user")


def test_many_users_come_in_pages(client: FlaskClient, backend: StubBackend) -> None:
    backend.names = list(MANY)
    first = Page(client.get("/"))
    assert first.names == MANY[:50]
    assert "50 users, more on the next page\n" in first.texts["main"]
    assert list(first.links) == ["Next"]
    second = Page(client.get(first.links["Next"]))
    assert second.names == MANY[50:100]
    assert "50 users on this page, more on the next\n" in second.texts["main"]
    assert list(second.links) == ["First page", "Next"]
    third = Page(client.get(second.links["Next"]))
    assert third.names == MANY[100:]
    assert third.links == {"First page": "/"}
    assert "20 users on this page\n" in third.texts["main"]


def test_a_page_that_has_become_empty_leads_back(client: FlaskClient, backend: StubBackend) -> None:
    page = Page(client.get("/?after=Zo%C3%AB"))
    assert "There are no more users." in page.texts["main"]
    assert page.links == {"First page": "/"}
    assert backend.asked == ["GET /backend?limit=50&after=Zo%C3%AB"]


def test_an_empty_after_is_the_first_page(client: FlaskClient, backend: StubBackend) -> None:
    assert client.get("/?after=").status_code == 200
    assert backend.asked == ["GET /backend?limit=50"]


def test_the_backends_reason_is_shown_where_there_is_no_such_page(client: FlaskClient) -> None:
    response = client.get(f"/?after={'x' * 51}")
    assert response.status_code == 422
    assert "A name has 1 to 50 characters." in Page(response).texts["main"]
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["a&b=c#d?e", "100%", "a/b//c", "+ +", "👩\u200d💻", "עברית", "'\"", "<!--# echo -->"])
def test_the_next_page_begins_after_any_name(client: FlaskClient, backend: StubBackend, name: str) -> None:
    backend.names = sorted([*(f"\x20{number:02}" for number in range(49)), name])
    backend.names.append("\U0010ffff")
    page = Page(client.get("/"))
    assert page.names[-1] == name
    assert Page(client.get(page.links["Next"])).names == ["\U0010ffff"]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--# include file='/x' -->", "{{ 7*7 }}"]
)
def test_a_name_is_text_and_never_markup(client: FlaskClient, backend: StubBackend, name: str) -> None:
    backend.names = [name]
    response = client.get("/")
    page = Page(response)
    assert page.names == [name]
    assert page.form(f"Remove {name}")
    assert not {"script", "img"} & set(page.tags)
    assert response.text.count("<!--#") == 1  # ours


def test_there_is_one_place_for_the_proxy_to_say_that_a_page_is_old(client: FlaskClient) -> None:
    before, place, after = client.get("/").text.partition(
        '<!--# echo var="stale_notice" encoding="none" default="" -->'
    )
    assert place
    assert "<h1" in before
    assert "<form" in after


def test_the_page_is_small(client: FlaskClient, backend: StubBackend) -> None:
    backend.names = ["Bob", "Ferg", "Jay", "Matt", "Mo"]
    assert len(client.get("/").data) < 2500


def test_everything_has_a_name_and_a_place(client: FlaskClient) -> None:
    """Landmarks, labels and a language, for those who hear the page; axe looks at the rest in a real browser."""
    page = Page(client.get("/"))
    assert page.tags.count("main") == page.tags.count("h1") == 1
    assert ("lang", "en") in page.attributes
    assert page.texts["title"] == "Users"
    assert ("for", page.inputs["name"]["id"]) in page.attributes
    assert [button.name for form in page.forms for button in form.buttons] == ["Add user", "Remove Bob", "Remove Zoë"]


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_pages_need_no_script_no_inline_style_and_no_other_host(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    page = Page(response)
    assert not {"script", "style"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert page.linked
    assert all(link.startswith("/") and not link.startswith("//") for link in page.linked)
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_what_the_page_links_to_is_there(client: FlaskClient) -> None:
    for link in Page(client.get("/")).linked:
        with client.get(link) as response:
            assert response.status_code == 200, link


def test_errors_are_pages_with_a_way_on(client: FlaskClient) -> None:
    missing = client.get("/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert Page(missing).texts["h1"] == "Not Found"
    assert Page(missing).links == {"To the users": "/"}
    assert missing.headers["Cache-Control"] == "no-store"
    refused = client.post("/")
    assert (refused.status_code, refused.mimetype) == (405, "text/html")
    assert "GET" in refused.headers["Allow"]


@pytest.mark.parametrize("path", ["/users", "/users/remove"])
def test_the_address_of_a_forms_answer_leads_to_the_list(client: FlaskClient, path: str) -> None:
    there = client.get(path)
    assert (there.status_code, there.headers["Location"]) == (303, "/")
    assert Page(client.get(path, follow_redirects=True)).names == ["Bob", "Zoë"]


def test_the_request_id_goes_on_to_the_backend(client: FlaskClient, backend: StubBackend) -> None:
    client.get("/", headers={"X-Request-ID": "abc-1"})
    assert backend.sent["x-request-id"] == "abc-1"
