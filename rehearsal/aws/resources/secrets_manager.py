"""Secrets, which `Ref` calls by their ARN, as CloudFormation does; the emulator's would call them by their name."""

import secrets

from rehearsal.aws.resources.resource_type import Handlers, Made, Properties


def secret(emulated: Handlers) -> Handlers:
    """Return the type of secrets, under names such as CloudFormation makes up."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        named = {"Name": f"{logical_id}-{secrets.token_hex(6)}", **properties}
        _, attributes = emulated["create"](logical_id, named, stack)
        return attributes["Arn"], attributes

    def update(arn: str, old: Properties, new: Properties, stack: str, logical_id: str) -> Made:
        if old.get("Name") != new.get("Name"):
            return create(logical_id, new, stack)
        name = _name(arn)
        _, attributes = emulated["update"](name, {"Name": name, **old}, {"Name": name, **new}, stack, logical_id)
        return arn, attributes

    def delete(arn: str, properties: Properties) -> None:
        emulated["delete"](_name(arn), properties)

    return emulated | {"create": create, "update": update, "delete": delete}


def _name(arn: str) -> str:
    return arn.rpartition(":")[2].rpartition("-")[0]
