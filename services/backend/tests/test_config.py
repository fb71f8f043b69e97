"""Which settings are accepted, and what is said about the others."""

from pathlib import Path
from typing import Any

import pytest

from application.config import RDS_CA, DatabaseSettings, SettingError, from_environment

MYSQL = "mysql+pymysql://application@db.example:3306/users?charset=utf8mb4"


def settings(**environ: str) -> DatabaseSettings:
    return DatabaseSettings.from_config(from_environment(environ))


def test_a_uri_alone_is_a_password_login_without_tls_of_ours() -> None:
    found = settings(DATABASE_URI="mysql+pymysql://user:hush@db/users?ssl_ca=/ca.pem")
    assert (found.uri.password, found.ca, found.region) == ("hush", None, None)


def test_a_bundle_demands_verified_tls() -> None:
    assert settings(DATABASE_URI=MYSQL, DATABASE_CA="/ca.pem").ca == Path("/ca.pem")


def test_iam_brings_the_bundle_of_rds() -> None:
    found = settings(DATABASE_URI=MYSQL, DATABASE_AUTH="iam", AWS_REGION="eu-west-2")
    assert (found.ca, found.region) == (RDS_CA, "eu-west-2")


def test_iam_takes_another_bundle() -> None:
    found = settings(DATABASE_URI=MYSQL, DATABASE_AUTH="iam", AWS_REGION="eu-west-2", DATABASE_CA="/ca.pem")
    assert found.ca == Path("/ca.pem")


def test_sqlite_has_no_login() -> None:
    found = settings(DATABASE_URI="sqlite:////tmp/users.db", DATABASE_CA="/ca.pem")
    assert found.is_sqlite
    assert (found.ca, found.region) == (None, None)


def test_requests_wait_for_the_database_as_long_as_is_set() -> None:
    assert settings(DATABASE_URI=MYSQL).timeout == 0.5
    assert settings(DATABASE_URI=MYSQL, DATABASE_TIMEOUT="2").timeout == 2.0


def test_an_empty_variable_is_an_unset_one() -> None:
    assert from_environment({"DATABASE_AUTH": "", "RELEASE": "", "DATABASE_URI": ""}) == from_environment({})


IAM: dict[str, Any] = {"DATABASE_AUTH": "iam", "AWS_REGION": "eu-west-2"}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "set DATABASE_URI for the service, TEST_DATABASE_URI for a test run"),
        ({"DATABASE_URI": "nonsense:hush"}, "is no SQLAlchemy URL"),
        ({"DATABASE_URI": "postgresql://db/users"}, "begins with 'postgresql'; allowed are mysql"),
        ({"DATABASE_URI": "mysql://db/users"}, "begins with 'mysql'; allowed are mysql"),
        ({"DATABASE_URI": MYSQL, "DATABASE_AUTH": "token"}, "DATABASE_AUTH is 'token'; allowed are password and iam"),
        ({"DATABASE_URI": MYSQL, "DATABASE_AUTH": "iam"}, "AWS_REGION is not set"),
        (
            {"DATABASE_URI": MYSQL, "DATABASE_TIMEOUT": "soon"},
            "DATABASE_TIMEOUT is 'soon'; allowed are seconds above 0",
        ),
        ({"DATABASE_URI": MYSQL, "DATABASE_TIMEOUT": "0"}, "DATABASE_TIMEOUT is '0'; allowed are seconds above 0"),
        ({"DATABASE_URI": MYSQL, "DATABASE_TIMEOUT": "nan"}, "DATABASE_TIMEOUT is 'nan'; allowed are seconds above 0"),
        (IAM | {"DATABASE_URI": "sqlite://"}, "DATABASE_AUTH=iam needs a mysql"),
        (IAM | {"DATABASE_URI": "mysql+pymysql://db/users"}, "with user and host"),
        (IAM | {"DATABASE_URI": "mysql+pymysql://user:hush@db/users"}, "takes no password"),
        (IAM | {"DATABASE_URI": f"{MYSQL}&ssl_disabled=true"}, "options ssl_disabled; with verified TLS only charset"),
        (IAM | {"DATABASE_URI": f"{MYSQL}&host=elsewhere"}, "options host; with verified TLS only charset"),
        ({"DATABASE_URI": f"{MYSQL}&ssl_check_hostname=false", "DATABASE_CA": "/ca.pem"}, "options ssl_check_hostname"),
    ],
)
def test_settings_that_cannot_work_are_one_line(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingError) as raised:
        settings(**environ)
    message = str(raised.value)
    assert says in message
    assert "\n" not in message
    assert "hush" not in message
