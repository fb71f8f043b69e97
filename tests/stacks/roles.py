"""What the roles of a template may do."""

from collections.abc import Iterator
from typing import Any

from aws_cdk.assertions import Template


def actions(template: Template, role: str) -> dict[str, list[Any]]:
    """Return what the policies of the role whose logical ID starts with `role` allow, by action."""
    allowed: dict[str, list[Any]] = {}
    for statement in statements(template, role):
        for action in listed(statement["Action"]):
            allowed.setdefault(action, []).append(statement["Resource"])
    return allowed


def statements(template: Template, role: str = "") -> Iterator[dict[str, Any]]:
    """Yield the statements of all policies of the roles whose logical IDs start with `role`."""
    for policy in template.find_resources("AWS::IAM::Policy").values():
        if any(item["Ref"].startswith(role) for item in policy["Properties"]["Roles"]):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]
    for logical_id, item in template.find_resources("AWS::IAM::Role").items():
        for policy in item["Properties"].get("Policies", []) if logical_id.startswith(role) else []:
            yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    """Return what a template gives as a list, or as its only item."""
    return value if isinstance(value, list) else [value]
