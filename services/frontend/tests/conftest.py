"""Each test has a backend of its own, and every application of the test asks it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

import application
from application import create_app
from application.resolver import Resolver
from tests.stub_backend import StubBackend, serving


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubBackend]:
    """The backend that every application of a test asks, the module-level one too."""
    # What one test has resolved is no other's: a resolver asks on by itself, also while a test's own DNS answers.
    monkeypatch.setattr("application.connection._resolver", Resolver())
    stub = StubBackend()
    server = serving(stub)
    monkeypatch.setenv("BACKEND_URL", stub.url)
    monkeypatch.setitem(application.app.config, "BACKEND_URL", stub.url)
    yield stub
    server.shutdown()
    server.server_close()


@pytest.fixture
def app() -> Flask:
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
