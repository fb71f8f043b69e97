"""A database runs where somebody runs it, and its master's password is the one in its secret."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.aws.conftest import Aws
from tests.rehearsal.aws.stack import Stack
from tests.rehearsal.aws.templates import SUBNET, VPC

pytestmark = pytest.mark.full


def database(**changed: Any) -> dict[str, Any]:
    properties = {
        "DBInstanceIdentifier": "words",
        "Engine": "mariadb",
        "MasterUsername": "master",
        "ManageMasterUserPassword": True,
        "DBSubnetGroupName": {"Ref": "Subnets"},
        "DBParameterGroupName": {"Ref": "Parameters"},
        **changed,
    }
    return {"Type": "AWS::RDS::DBInstance", "Properties": properties}


DATA = {
    "Vpc": VPC,
    "Subnet": SUBNET,
    "Subnets": {
        "Type": "AWS::RDS::DBSubnetGroup",
        "Properties": {"DBSubnetGroupDescription": "words", "SubnetIds": [{"Ref": "Subnet"}]},
    },
    "Parameters": {
        "Type": "AWS::RDS::DBParameterGroup",
        "Properties": {"Description": "words", "Family": "mariadb11.8"},
    },
}


@pytest.fixture
def broken(aws: Aws) -> Iterator[str]:
    """Why no database can be made."""
    aws.databases.broken = "no server here"
    yield aws.databases.broken
    aws.databases.broken = ""


def secret_of(aws: Aws, identifier: str) -> dict[str, str]:
    """What the secret holds that RDS names."""
    (seen,) = aws.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    told = aws.client("secretsmanager").get_secret_value(SecretId=seen["MasterUserSecret"]["SecretArn"])
    return dict(json.loads(told["SecretString"]))


def test_a_database_is_where_its_server_is_and_has_the_password_of_its_secret(aws: Aws, stack: Stack) -> None:
    assert stack.deploy(DATA | {"Database": database()}) == "CREATE_COMPLETE", stack.reasons
    (seen,) = aws.client("rds").describe_db_instances()["DBInstances"]
    assert seen["Endpoint"]["Address"] == "words.test"
    assert secret_of(aws, "words") == {"username": "master", "password": aws.databases.kept["words"]}
    stack.delete()
    assert aws.databases.kept == {}
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_new_password_is_the_servers_and_the_secrets(aws: Aws, stack: Stack) -> None:
    stack.deploy(DATA | {"Database": database()})
    before = secret_of(aws, "words")
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="words", RotateMasterUserPassword=True)
    after = secret_of(aws, "words")
    assert after["password"] == aws.databases.kept["words"] != before["password"]


def test_a_database_that_cannot_run_rolls_its_stack_back_and_says_why(aws: Aws, stack: Stack, broken: str) -> None:
    assert stack.deploy(DATA | {"Database": database()}) == "ROLLBACK_COMPLETE"
    assert broken in stack.reasons
    assert aws.client("rds").describe_db_instances()["DBInstances"] == []


def test_a_protected_database_is_not_deleted(aws: Aws, stack: Stack) -> None:
    stack.deploy(DATA | {"Database": database(DeletionProtection=True)})
    assert stack.deploy(DATA) == "UPDATE_COMPLETE"
    assert "words" in aws.databases.kept
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="words", DeletionProtection=False)
