"""What is asked of AWS, with boto3's own signing and stubbed answers. Nothing here leaves the process."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from application import create_app, iam
from application.config import RDS_CA

REGION = "eu-west-2"
SECRET = "arn:aws:secretsmanager:eu-west-2:000000000000:secret:rds-master"


@pytest.fixture(autouse=True)
def no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client from another test, no credentials from this machine."""
    monkeypatch.setattr(iam, "_clients", {})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials to sign with."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")


@pytest.mark.usefixtures("role")
def test_a_token_is_for_one_user_host_and_quarter_of_an_hour() -> None:
    token = iam.rds_token("db.example", 3306, "application", REGION)
    assert token.startswith("db.example:3306/?")
    assert "Action=connect" in token
    assert "DBUser=application" in token
    assert "X-Amz-Expires=900" in token
    assert "%2Feu-west-2%2Frds-db%2Faws4_request" in token


@pytest.mark.usefixtures("role")
def test_the_client_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = boto3.session.Session.client

    def client(*arguments: Any, **options: Any) -> Any:
        made.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(boto3.session.Session, "client", client)
    iam.rds_token("db.example", 3306, "application", REGION)
    iam.rds_token("db.example", 3306, "application", REGION)
    assert len(made) == 1


def test_no_credentials_is_one_line() -> None:
    with pytest.raises(iam.LoginError, match="no login token could be signed: Unable to locate credentials"):
        iam.rds_token("db.example", 3306, "application", REGION)


def test_no_credentials_is_503_to_a_client() -> None:
    settings = {
        "SQLALCHEMY_DATABASE_URI": "mysql+pymysql://application@db.example/users",
        "DATABASE_AUTH": "iam",
        "DATABASE_CA": str(RDS_CA),
        "AWS_REGION": REGION,
    }
    response = create_app(settings).test_client().get("/backend")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.session.Session().client("secretsmanager", region_name=REGION)
    monkeypatch.setitem(iam._clients, ("secretsmanager", REGION), client)
    with Stubber(client) as stubber:
        yield stubber


def test_the_masters_login_is_read_from_its_secret(secrets: Stubber) -> None:
    answer = {"SecretString": '{"username": "master", "password": "example"}'}
    secrets.add_response("get_secret_value", answer, {"SecretId": SECRET})
    assert iam.master_credentials(SECRET, REGION) == ("master", "example")


def test_a_secret_that_is_refused_is_one_line(secrets: Stubber) -> None:
    secrets.add_client_error("get_secret_value", "AccessDeniedException", "no")
    with pytest.raises(iam.LoginError, match=f"the master's secret {SECRET} cannot be read: .*AccessDenied"):
        iam.master_credentials(SECRET, REGION)


@pytest.mark.parametrize("content", ["plain", "[]", '{"username": "master"}'])
def test_a_secret_of_another_kind_is_one_line_without_its_content(secrets: Stubber, content: str) -> None:
    secrets.add_response("get_secret_value", {"SecretString": content})
    with pytest.raises(iam.LoginError, match=r"is no JSON with username and password$"):
        iam.master_credentials(SECRET, REGION)
