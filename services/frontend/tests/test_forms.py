"""Adding and removing users: what is changed, what is said about it, and who may."""

import pytest
from flask.testing import FlaskClient

from tests.page import Page, shown_after
from tests.stub_backend import StubBackend

AWKWARD = ["a/b//c", "..", "100%", "a?b#c&d=e", "+ +", "👩\u200d💻", "עברית", "'\"", "<b>", "<!--# echo -->", "x" * 50]


def test_a_user_is_added_and_the_next_page_says_so(client: FlaskClient, backend: StubBackend) -> None:
    response = Page(client.get("/")).form("Add user").send(client, "Add user", name="  Ada ")
    assert backend.names == ["Bob", "Zoë", "Ada"]
    assert backend.sent["content-type"] == "application/json"
    assert response.headers["Location"] == "/"
    assert response.headers["Cache-Control"] == "no-store"
    page = shown_after(client, response)
    assert page.texts["status"].strip() == "Ada was added."
    assert page.names == ["Ada", "Bob", "Zoë"]
    assert page.inputs["name"]["value"] == ""


def test_a_user_is_removed_and_can_be_brought_back(client: FlaskClient, backend: StubBackend) -> None:
    page = shown_after(client, Page(client.get("/")).form("Remove Zoë").send(client, "Remove Zoë"))
    assert page.names == backend.names == ["Bob"]
    assert page.texts["status"].split("\n")[1] == "Zoë was removed."
    page = shown_after(client, page.form("Undo").send(client, "Undo"))
    assert page.names == ["Bob", "Zoë"]
    assert page.texts["status"].strip() == "Zoë was added."


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_can_be_added_removed_and_brought_back(client: FlaskClient, backend: StubBackend, name: str) -> None:
    backend.names = []
    page = shown_after(client, Page(client.get("/")).form("Add user").send(client, "Add user", name=name))
    assert (page.names, backend.names) == ([name], [name])
    page = shown_after(client, page.form(f"Remove {name}").send(client, f"Remove {name}"))
    assert (page.names, backend.names) == ([], [])
    page = shown_after(client, page.form("Undo").send(client, "Undo"))
    assert (page.names, backend.names) == ([name], [name])


def test_a_name_is_one_segment_of_the_path(client: FlaskClient, backend: StubBackend) -> None:
    client.post("/users/remove", data={"name": "a/b//c?d"})
    assert backend.asked == ["DELETE /backend/a%2Fb%2F%2Fc%3Fd"]


def test_forms_lead_back_to_the_page_they_were_on(client: FlaskClient, backend: StubBackend) -> None:
    backend.names = [f"user {number:03}" for number in range(120)]
    page = Page(client.get("/?after=user+049"))
    removed = page.form("Remove user 070").send(client, "Remove user 070")
    assert removed.headers["Location"] == "/?after=user+049"
    page = shown_after(client, removed)
    for button, typed in (("Undo", {}), ("Add user", {"name": "user 071a"})):
        assert page.form(button).send(client, button, **typed).headers["Location"] == "/?after=user+049"
    error = Page(page.form("Add user").send(client, "Add user", name="user 060"))
    assert error.names[0] == "user 050"
    assert error.form("Add user").fields["after"] == "user 049"


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [("Bob", 409, "There is already a user Bob."), ("y" * 51, 422, "A name has 1 to 50 characters.")],
)
def test_an_error_is_told_at_the_input_which_keeps_what_was_typed(
    client: FlaskClient, backend: StubBackend, name: str, status: int, reason: str
) -> None:
    response = Page(client.get("/")).form("Add user").send(client, "Add user", name=name)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    page = Page(response)
    field = page.inputs["name"]
    assert (field["value"], field["aria-invalid"], "autofocus" in field) == (name, "true", True)
    assert page.texts[str(field["aria-describedby"])] == reason
    assert page.texts["title"] == "Error: Users"
    assert page.names == backend.names == ["Bob", "Zoë"]


def test_a_page_without_errors_marks_none(client: FlaskClient) -> None:
    assert not {"aria-invalid", "aria-describedby", "autofocus"} & set(Page(client.get("/")).inputs["name"])


def test_a_form_without_a_name_is_told_what_is_allowed(client: FlaskClient) -> None:
    response = client.post("/users")
    assert response.status_code == 422
    assert Page(response).texts["error"] == "A name has 1 to 50 characters."


def test_what_was_typed_is_text_and_never_markup(client: FlaskClient) -> None:
    typed = '"><script>alert(1)</script><!--# include virtual="/" -->'
    response = client.post("/users", data={"name": typed, "after": typed[:50]})
    page = Page(response)
    assert response.status_code == 422
    assert page.inputs["name"]["value"] == typed
    assert "script" not in page.tags
    assert response.text.count("<!--#") == 1  # ours


def test_removing_somebody_who_is_gone_is_no_error(client: FlaskClient, backend: StubBackend) -> None:
    page = Page(client.get("/"))
    backend.names = ["Bob"]
    page = shown_after(client, page.form("Remove Zoë").send(client, "Remove Zoë"))
    assert page.texts["status"].strip() == "Zoë had been removed already."
    assert "Undo" not in page.texts["status"]


def test_a_removal_that_the_backend_refuses_says_why(client: FlaskClient, backend: StubBackend) -> None:
    backend.answer = ("422 Unprocessable Content", {"detail": "A name has 1 to 50 characters."})
    response = client.post("/users/remove", data={"name": "x"})
    assert response.status_code == 422
    assert "A name has 1 to 50 characters." in Page(response).texts["main"]


def test_a_form_beyond_all_bounds_is_refused_unread(client: FlaskClient, backend: StubBackend) -> None:
    response = client.post("/users", data={"name": "x" * 20_000})
    assert response.status_code == 413
    assert backend.asked == []


@pytest.mark.parametrize("path", ["/users", "/users/remove"])
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_another_sites_page_changes_nothing(
    client: FlaskClient, backend: StubBackend, path: str, headers: dict[str, str], allowed: bool
) -> None:
    status = client.post(path, data={"name": "Eve"}, headers=headers).status_code
    assert (status, bool(backend.asked)) == ((303, True) if allowed else (403, False))


@pytest.mark.parametrize("path", ["/users", "/users/remove"])
def test_no_form_makes_headers_that_a_proxy_would_choke_on(client: FlaskClient, path: str) -> None:
    for data in ({"name": "x" * 7000}, {"name": "Ann", "after": "😀" * 600}):
        response = client.post(path, data=data)
        assert sum(len(name) + len(value) for name, value in response.headers) < 2048
        assert response.status_code < 500
