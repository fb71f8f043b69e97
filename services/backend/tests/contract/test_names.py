"""Whatever somebody types as a name, sends as a body or asks for as a path: properties of the API, tried with many."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from application import db
from application.models import Users
from application.names import InvalidNameError, clean

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("tables")]

# The tables are made once for all examples; each cleans up after itself. A shared machine has no deadline.
many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# All code points, halves of surrogate pairs too, which JSON can carry.
anything = st.text(st.characters(exclude_categories=()), max_size=60)
sendable = st.text(max_size=60)


def name_of(text: str) -> str | None:
    """The name that is stored for a text, None if it is refused."""
    try:
        return clean(text)
    except InvalidNameError:
        return None


names = anything.map(name_of).filter(lambda name: name is not None)


@contextmanager
def only(app: Flask, *names: str) -> Iterator[None]:
    """Have these users and no others."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(delete(Users))
        if names:
            connection.execute(Users.__table__.insert(), [{"userName": name} for name in names])
    yield


def listed(client: FlaskClient, path: str) -> list[str]:
    """Read a list to its end, page by page where it has pages."""
    found: list[str] = []
    while path:
        response = client.get(path)
        assert response.status_code == 200
        found += [user["userName"] for user in response.get_json()]
        path = response.headers.get("Link", "<>")[1:].partition(">")[0]
    return found


@many
@given(text=anything)
def test_a_name_makes_the_round_trip_or_is_refused(app: Flask, client: FlaskClient, text: str) -> None:
    name = name_of(text)
    with only(app):
        added = client.post("/backend", data=json.dumps({"userName": text}), content_type="application/json")
        if name is None:
            assert added.status_code == 422
            assert listed(client, "/backend") == []
            return
        assert (added.status_code, added.get_json()) == (201, {"userName": name})
        assert listed(client, "/backend") == [name]
        assert client.post("/backend", json={"userName": name}).status_code == 409
        assert client.delete(added.headers["Location"]).status_code == 204
        assert listed(client, "/backend") == []


@many
@given(chosen=st.sets(names, max_size=8), limit=st.integers(1, 9))
def test_lists_and_pages_are_in_the_order_of_code_points(
    app: Flask, client: FlaskClient, chosen: set[str], limit: int
) -> None:
    with only(app, *chosen):
        assert listed(client, "/backend") == sorted(chosen)
        assert listed(client, f"/backend?limit={limit}") == sorted(chosen)


@many
@given(chosen=st.sets(names, max_size=8), after=sendable)
def test_after_any_text_come_the_names_that_are_greater(
    app: Flask, client: FlaskClient, chosen: set[str], after: str
) -> None:
    with only(app, *chosen):
        path = f"/backend?after={quote(after)}"
        if len(after) > 50:
            assert client.get(path).status_code == 422
        else:
            assert listed(client, path) == sorted(name for name in chosen if name > after)


@many
@given(chosen=names, other=sendable.filter(bool))
def test_a_path_removes_exactly_whom_it_names(app: Flask, client: FlaskClient, chosen: str, other: str) -> None:
    with only(app, chosen):
        status = client.delete(f"/backend/{quote(other, safe='')}").status_code
        assert status == (204 if other == chosen else 404)


@many
@given(body=st.binary(max_size=200) | st.recursive(st.none() | anything, st.lists).map(json.dumps))
def test_no_body_is_an_error_of_the_server(app: Flask, client: FlaskClient, body: bytes | str) -> None:
    with only(app):
        status = client.post("/backend", data=body, content_type="application/json").status_code
        assert status in (400, 422)


@many
@given(path=st.binary(max_size=60), query=st.binary(max_size=60), method=st.sampled_from(["GET", "POST", "DELETE"]))
def test_no_path_and_no_query_is_an_error_of_the_server(
    app: Flask, client: FlaskClient, path: bytes, query: bytes, method: str
) -> None:
    with only(app):
        environ = {"PATH_INFO": f"/backend{path.decode('latin-1')}", "QUERY_STRING": query.decode("latin-1")}
        assert client.open("/", method=method, environ_overrides=environ).status_code < 500
