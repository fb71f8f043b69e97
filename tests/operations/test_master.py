"""A person signs in to a database of RDS as its master, with the password that RDS keeps."""

import json

import pytest

from operations import ROOT, master
from operations.account import AwsError
from tests.operations.conftest import Answer, account

ARN = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:rds!db-1-AbCdEf"
ENDPOINT = {"Address": "slipway-production.test", "Port": 3306}


def test_mariadbs_programs_get_the_masters_password_and_verified_tls() -> None:
    told = json.dumps({"username": "master", "password": r"it's \one#"})
    instance = {"MasterUserSecret": {"SecretArn": ARN}, "Endpoint": ENDPOINT}
    answers = {
        "rds": [Answer("describe_db_instances", {"DBInstances": [instance]})],
        "secretsmanager": [Answer("get_secret_value", {"SecretString": told})],
    }
    there = account(answers)
    assert master.options_file(there, "slipway-production").splitlines() == [
        "[client]",
        "host=slipway-production.test",
        "port=3306",
        "user=master",
        r'''password="it's \\one#"''',
        "ssl-ca=/tmp/rds-ca.pem",
        "ssl-verify-server-cert",
    ]


def test_a_password_that_rds_does_not_manage_is_one_line() -> None:
    there = account({"rds": [Answer("describe_db_instances", {"DBInstances": [{"Endpoint": ENDPOINT}]})]})
    with pytest.raises(AwsError, match=r"of copy; have it do so: aws rds modify-db-instance .* copy --manage-master"):
        master.options_file(there, "copy")


def test_the_runbook_puts_the_authorities_where_the_client_looks() -> None:
    page = (ROOT / "docs/runbook/database-restore.md").read_text("utf-8")
    assert f"services/backend/rds-ca.pem restore:{master.AUTHORITIES}\n" in page
