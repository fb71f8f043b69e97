"""Health is about the process alone."""

import pytest
from flask.testing import FlaskClient

from application import create_app


@pytest.fixture
def cut_off(unreachable: dict[str, str | None]) -> FlaskClient:
    """A client of an application whose database is away."""
    return create_app(unreachable | {"RELEASE": "abc123"}).test_client()


def test_healthz_names_the_release(cut_off: FlaskClient) -> None:
    response = cut_off.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok", "release": "abc123"})


def test_a_database_that_is_away_leaves_the_service_ready(cut_off: FlaskClient) -> None:
    assert cut_off.get("/readyz").status_code == 200


def test_settings_that_cannot_work_do_not() -> None:
    assert create_app({"SQLALCHEMY_DATABASE_URI": None}).test_client().get("/readyz").status_code == 500
