"""Databases, which somebody else runs, with the master's password in Secrets Manager."""

import json
import os
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import urllib3
from ministack.core.concurrency import run_reentrant
from ministack.services import rds
from ministack.services.cloudformation import provisioners

from rehearsal.aws.resources.resource_type import (
    Answer,
    Handlers,
    Made,
    Properties,
    RefusedError,
    Service,
    client,
)

_PASSWORD_BYTES = 24
_PATIENCE = 120.0  # seconds in which a database has to be there, one after the other on a busy machine


def database(emulated: Handlers) -> Handlers:
    """Return the type of databases: a server answers at its address, and its master's secret is the one that works."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        _check(properties)
        identifier, _ = emulated["create"](logical_id, properties, stack)
        record = rds._instances[identifier]
        try:
            _serve(record)
        except BaseException:
            emulated["delete"](identifier, properties)
            raise
        return identifier, _attributes(record)

    def update(identifier: str, old: Properties, new: Properties, stack: str, logical_id: str) -> Made:
        emulated["update"](identifier, old, new, stack, logical_id)
        return identifier, _attributes(rds._instances[identifier])

    def delete(identifier: str, properties: Properties) -> None:
        record = rds._instances[identifier]
        if record["DeletionProtection"]:
            raise RefusedError(f"Cannot delete protected DB Instance {identifier}, please disable deletion protection")
        _ask("DELETE", identifier)
        client("secretsmanager").delete_secret(
            SecretId=record["MasterUserSecret"]["SecretArn"], ForceDeleteWithoutRecovery=True
        )
        emulated["delete"](identifier, properties)

    return emulated | {"create": create, "update": update, "delete": delete}


def service(emulated: Service) -> Service:
    """Return RDS, which gives a database's master a new password when it is asked to."""

    async def answer(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        told = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        if told.get("Action") == "ModifyDBInstance" and told.get("RotateMasterUserPassword") == "true":
            await run_reentrant(_rotate, rds._instances[told["DBInstanceIdentifier"]])
        return await emulated(method, path, headers, body, query)

    return answer


def described(emulated: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Return what describes a database, its master's secret included."""

    def describe(record: dict[str, Any]) -> str:
        secret = record.get("MasterUserSecret", {})
        told = "".join(f"<{name}>{value}</{name}>" for name, value in secret.items())
        return emulated(record) + (f"<MasterUserSecret>{told}</MasterUserSecret>" if told else "")

    return describe


def _check(properties: Properties) -> None:
    """Refuse what RDS would: names that are taken, or of things that are not there."""
    identifier = properties["DBInstanceIdentifier"]
    if identifier in rds._instances:
        raise RefusedError(f"DB instance {identifier} already exists")
    client("rds").describe_db_subnet_groups(DBSubnetGroupName=properties["DBSubnetGroupName"])
    client("rds").describe_db_parameter_groups(DBParameterGroupName=properties["DBParameterGroupName"])
    if not properties.get("ManageMasterUserPassword"):
        raise RefusedError(f"{identifier} has no password; only ManageMasterUserPassword is known here")


def _serve(record: dict[str, Any]) -> None:
    content = _set_password(record)
    secret = client("secretsmanager").create_secret(
        Name=f"rds!{record['DbiResourceId'].lower()}",
        Description=f"The secret associated with the primary RDS DB instance: {record['DBInstanceArn']}",
        SecretString=content,
    )
    record["MasterUserSecret"] = {"SecretArn": secret["ARN"], "SecretStatus": "active"}


def _rotate(record: dict[str, Any]) -> None:
    content = _set_password(record)
    client("secretsmanager").put_secret_value(SecretId=record["MasterUserSecret"]["SecretArn"], SecretString=content)


def _set_password(record: dict[str, Any]) -> str:
    """Have the server run with a new password of the master's, and return what the secret is to hold."""
    user, password = record["MasterUsername"], secrets.token_urlsafe(_PASSWORD_BYTES)
    made = _ask("PUT", record["DBInstanceIdentifier"], {"user": user, "password": password})
    record["Endpoint"] |= {"Address": made["address"], "Port": made["port"]}
    return json.dumps({"username": user, "password": password})


def _attributes(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = provisioners._rds_db_instance_attrs(record)
    return found | {"MasterUserSecret.SecretArn": record["MasterUserSecret"]["SecretArn"]}


def _ask(method: str, identifier: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """Tell whoever runs the databases what is wanted, and return what it says."""
    url = f"{os.environ['DATABASES']}/{identifier}"
    answer = urllib3.request(method, url, json=content or {}, retries=False, timeout=_PATIENCE)
    told: dict[str, Any] = answer.json()
    if answer.status >= 400:
        raise RefusedError(f"the database {identifier} cannot be: {told['message']}")
    return told
