"""Health is about the process alone."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from application import create_app
from tests.stub_backend import StubBackend


def test_healthz_names_the_release() -> None:
    response = create_app({"RELEASE": "abc123"}).test_client().get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok", "release": "abc123"})


def test_a_backend_that_is_away_leaves_the_service_ready(client: FlaskClient, backend: StubBackend) -> None:
    backend.answer = ("500 Internal Server Error", {})
    assert client.get("/readyz").status_code == 200
    assert backend.asked == []


def test_an_address_that_cannot_work_does_not(app: Flask, client: FlaskClient) -> None:
    app.config["BACKEND_URL"] = "backend"
    assert client.get("/readyz").status_code == 500


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere"])
def test_every_answer_names_the_release(path: str) -> None:
    response = create_app({"RELEASE": "abc123"}).test_client().get(path)
    assert response.headers["X-Release"] == "abc123"
