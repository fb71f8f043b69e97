"""The service keeps to its description: Schemathesis tries what `openapi.yaml` says, and what it forbids."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

import application
from application import create_app, db
from tests.service import Service, get

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    uri = f"sqlite:///{folder}/users.db"
    with create_app({"SQLALCHEMY_DATABASE_URI": uri}).app_context():
        db.create_all()
        db.engine.dispose()
    with Service({"DATABASE_URI": uri, "DATABASE_AUTH": "password"}, folder) as service:
        yield service


# Read from the file, which is what is served: it is needed before there is a service.
schema = schemathesis.openapi.from_path(Path(application.__file__).with_name("openapi.yaml"))

# Which characters a name may hold is said in words alone: 422 is an answer to a body that the schema allows, too.
schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "404", "409", "422", "503"]


def test_it_is_what_is_served(service: Service) -> None:
    status, text = get(service.port, "/openapi.yaml")
    assert (status, text) == (200, Path(application.__file__).with_name("openapi.yaml").read_text())


@schema.parametrize()
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_service_keeps_to_its_description(case: Case[Any], service: Service) -> None:
    case.call_and_validate(base_url=f"http://127.0.0.1:{service.port}")
