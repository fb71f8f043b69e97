"""The API: what it answers to which request, and that its errors are problem details."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from application import answers, db, routes
from application.models import Users
from tests.odd import ODD

pytestmark = pytest.mark.usefixtures("tables")


def add(app: Flask, *names: str) -> None:
    with app.app_context():
        db.session.add_all(Users(userName=name) for name in names)
        db.session.commit()


def names(client: FlaskClient, query: str = "") -> list[str]:
    response = client.get(f"/backend{query}", buffered=True)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    found = json.loads(response.text)
    assert all(list(user) == ["userName"] for user in found)
    return [user["userName"] for user in found]


def post(client: FlaskClient, name: str) -> tuple[int, str | None]:
    """Add a user; the status and the stored name."""
    response = client.post("/backend", json={"userName": name})
    return response.status_code, response.get_json().get("userName")


def problem(client: FlaskClient, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Make a request that is refused; the status and the sentence."""
    response = client.open(path, method=method, **options)
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == response.status_code
    detail: str = response.get_json()["detail"]
    return response.status_code, detail


class TestTheWholeList:
    def test_no_users_is_an_empty_array(self, client: FlaskClient) -> None:
        assert names(client) == []

    def test_users_come_in_the_order_of_their_code_points(self, app: Flask, client: FlaskClient) -> None:
        in_order = ["Bob", "Zoe", "Zoe ", "Zoë", "bob", "Éva", "李", "\ufffd", "😀"]
        add(app, *reversed(in_order))
        assert names(client) == in_order

    def test_after_a_name_come_the_later_ones(self, app: Flask, client: FlaskClient) -> None:
        add(app, "Bob", "Jay", "Mo")
        assert names(client, "?after=Bob") == ["Jay", "Mo"]
        assert names(client, "?after=C") == ["Jay", "Mo"]

    @pytest.mark.parametrize("count", [2, 3, 4, 6, 7])
    def test_a_list_of_several_batches_is_whole(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, count: int
    ) -> None:
        monkeypatch.setattr(routes, "LONGEST_PAGE", 3)
        all_names = [f"user {number}" for number in range(count)]
        add(app, *all_names)
        assert names(client) == all_names
        assert names(client, "?after=user+0") == all_names[1:]

    def test_a_stream_leaves_threads_to_others(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "LONGEST_PAGE", 1)
        add(app, "Bob", "Mo")
        readers = [client.get("/backend", buffered=False) for _ in range(2)]
        assert [reader.status_code for reader in readers] == [200, 200]
        refused = client.get("/backend", buffered=True)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "ask for pages" in refused.get_json()["detail"]
        assert names(client, "?limit=1") == ["Bob"]
        for reader in readers:
            reader.close()
        assert names(client) == ["Bob", "Mo"]

    def test_asking_for_the_head_alone_leaves_nothing_behind(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "LONGEST_PAGE", 1)
        add(app, "Bob", "Mo")
        for _ in range(9):
            response = client.head("/backend", buffered=True)
            assert (response.status_code, response.text) == (200, "")

    def test_a_list_that_is_cut_off_cannot_be_taken_for_whole(self, app: Flask) -> None:
        def batches() -> Iterator[list[str]]:
            yield ["Bob"]
            raise LookupError

        with app.test_request_context():
            response = answers.stream(batches())
            pieces = response.iter_encoded()
            assert next(pieces) == b'[{"userName":"Bob"}'
            with pytest.raises(LookupError):
                next(pieces)
            response.close()


class TestPages:
    def test_pages_lead_through_the_whole_list(self, app: Flask, client: FlaskClient) -> None:
        add(app, *ODD)
        found, path, pages = [], "/backend?limit=4", 0
        while path:
            response = client.get(path)
            page = [user["userName"] for user in response.get_json()]
            assert len(page) <= 4
            found += page
            pages += 1
            link = response.headers.get("Link")
            path = ""
            if link:
                assert link.endswith('>; rel="next"')
                path = link[1 : link.index(">")]
                assert path == f"/backend?limit=4&after={quote(page[-1], safe='')}"
        assert found == sorted(ODD)
        assert pages == -(-len(ODD) // 4)

    def test_a_page_that_ends_with_the_list_has_no_next(self, app: Flask, client: FlaskClient) -> None:
        add(app, "Bob", "Mo")
        response = client.get("/backend?limit=2")
        assert len(response.get_json()) == 2
        assert "Link" not in response.headers

    @pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.0", "", "x", "1e2", "٣", "1_0", " 1", "9" * 5000])
    def test_a_bad_limit_is_told(self, client: FlaskClient, limit: str) -> None:
        assert problem(client, "GET", f"/backend?limit={quote(limit)}") == (
            422,
            "limit must be a whole number from 1 to 1000.",
        )

    @pytest.mark.parametrize("limit", ["1", "1000"])
    def test_the_bounds_of_a_limit_are_allowed(self, app: Flask, client: FlaskClient, limit: str) -> None:
        add(app, "Bob")
        assert names(client, f"?limit={limit}") == ["Bob"]

    def test_a_bad_after_is_told(self, client: FlaskClient) -> None:
        assert problem(client, "GET", f"/backend?after={'x' * 51}") == (
            422,
            "after has 51 characters; no name has more than 50.",
        )
        assert problem(client, "GET", "/backend?after=%FF") == (422, "The query is not UTF-8.")


class TestAdding:
    def test_a_user_who_was_added_is_there(self, client: FlaskClient) -> None:
        response = client.post("/backend", json={"userName": "  Zoë/1 "})
        assert (response.status_code, response.get_json()) == (201, {"userName": "Zoë/1"})
        assert response.headers["Location"] == "/backend/Zo%C3%AB%2F1"
        assert names(client) == ["Zoë/1"]

    def test_a_name_is_there_once(self, app: Flask, client: FlaskClient) -> None:
        assert post(client, "Bob") == (201, "Bob")
        assert problem(client, "POST", "/backend", json={"userName": " Bob"}) == (
            409,
            "There is a user called Bob already.",
        )
        assert names(client) == ["Bob"]
        with pytest.raises(IntegrityError):
            add(app, "Bob")

    def test_the_longest_name_is_counted_in_characters(self, client: FlaskClient) -> None:
        assert post(client, "😀" * 50) == (201, "😀" * 50)
        assert problem(client, "POST", "/backend", json={"userName": "😀" * 51}) == (
            422,
            "The name has 51 characters; at most 50 are allowed.",
        )
        assert names(client) == ["😀" * 50]

    @pytest.mark.parametrize(
        ("body", "status", "says"),
        [
            (b"", 400, "no JSON"),
            (b"{", 400, "no JSON"),
            (b'{"userName": "\xff"}', 400, "no JSON in UTF-8"),
            ('{"userName": "Bob"}'.encode("utf-16"), 400, "no JSON in UTF-8"),
            (b"[" * 16000, 400, "no JSON"),
            (b"9" * 16000, 400, "no JSON"),
            (b"null", 422, 'one member "userName"'),
            (b'["Bob"]', 422, 'one member "userName"'),
            (b"{}", 422, 'one member "userName"'),
            (b'{"userName": 1}', 422, 'one member "userName"'),
            (b'{"userName": "Bob", "admin": true}', 422, 'one member "userName"'),
            (b'{"userName": " "}', 422, "at least one character"),
            (rb'{"userName": "\ud800"}', 422, "half of a surrogate pair"),
            (rb'{"userName": "a\u0000b"}', 422, "a control character"),
            (b'{"userName": "' + b"x" * 16384 + b'"}', 413, "exceeds the capacity limit"),
        ],
    )
    def test_a_bad_body_is_told(self, client: FlaskClient, body: bytes, status: int, says: str) -> None:
        found, detail = problem(client, "POST", "/backend", data=body, content_type="application/json")
        assert found == status
        assert says in detail
        assert names(client) == []

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
    def test_another_media_type_is_refused(self, client: FlaskClient, media_type: str | None) -> None:
        body = b'{"userName": "Bob"}'
        status, detail = problem(client, "POST", "/backend", data=body, content_type=media_type)
        assert (status, detail) == (415, "The body must be JSON, of the type application/json.")


class TestRemoving:
    @pytest.mark.parametrize("name", ODD)
    def test_a_user_is_removed_whatever_the_name_holds(self, app: Flask, client: FlaskClient, name: str) -> None:
        add(app, name, "Bob")
        response = client.delete(f"/backend/{quote(name, safe='')}")
        assert (response.status_code, response.data) == (204, b"")
        assert names(client) == ["Bob"]

    @pytest.mark.parametrize("path", ["bob", "Bob%20", "Bo%62/", "/Bob", "%00", "%0A", "x" * 51])
    def test_nobody_else_is_removed(self, app: Flask, client: FlaskClient, path: str) -> None:
        add(app, "Bob", "\ufffd")
        status, _ = problem(client, "DELETE", f"/backend/{path}")
        assert status == 404
        assert names(client) == ["Bob", "\ufffd"]

    def test_a_path_that_is_no_utf8_is_nobodys(self, app: Flask, client: FlaskClient) -> None:
        """Flask makes U+FFFD of it, which may be somebody else's name."""
        add(app, "\ufffd")
        path = {"PATH_INFO": "/backend/\xff"}  # the bytes of the path, as WSGI carries them
        assert problem(client, "DELETE", "/", environ_overrides=path)[0] == 404
        assert names(client) == ["\ufffd"]

    def test_a_user_can_come_back(self, client: FlaskClient) -> None:
        assert post(client, "Bob") == (201, "Bob")
        assert client.delete("/backend/Bob").status_code == 204
        assert problem(client, "DELETE", "/backend/Bob") == (404, "There is no user called Bob.")
        assert post(client, "Bob") == (201, "Bob")


def test_the_description_is_served(client: FlaskClient) -> None:
    response = client.get("/openapi.yaml")
    assert (response.status_code, response.mimetype) == (200, "application/yaml")
    assert response.text.startswith("# The description of the backend's API")


def test_unknown_paths_and_methods_are_problems(client: FlaskClient) -> None:
    assert problem(client, "GET", "/nothing")[0] == 404
    refused = client.delete("/backend")
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
    assert {"GET", "POST"} <= set(refused.headers["Allow"].split(", "))


def test_a_bug_is_a_problem_too_and_tells_nothing_of_itself(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/bug", view_func=lambda: str(1 / 0))
    response = client.get("/bug")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "division" not in response.text
