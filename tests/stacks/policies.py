"""Reads every IAM policy out of the templates: of identities, of who may take a role on, and of resources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.stacks.synthesis import Synthesis


@dataclass(frozen=True)
class Statement:
    """One statement, with the stack and the logical ID of the resource that it stands in."""

    stack: str
    logical_id: str
    resource_type: str
    effect: str
    actions: list[str]
    resources: list[str]
    principals: list[str]
    condition: dict[str, Any]

    @property
    def where(self) -> str:
        """Return stack and resource, without the hash that the CDK appends."""
        return f"{self.stack}/{self.logical_id[:-8]}"


def statements(synthesis: Synthesis) -> Iterator[Statement]:
    """Yield every statement of every policy in every template."""
    for stack, template in synthesis.templates.items():
        for logical_id, resource in template["Resources"].items():
            for statement in _below(resource.get("Properties", {})):
                yield Statement(
                    stack=stack,
                    logical_id=logical_id,
                    resource_type=resource["Type"],
                    effect=statement["Effect"],
                    actions=_texts(statement.get("Action")),
                    resources=_texts(statement.get("Resource")),
                    principals=_principals(statement.get("Principal")),
                    condition=statement.get("Condition", {}),
                )


def _below(value: Any) -> Iterator[dict[str, Any]]:
    """Yield what has a Statement, wherever it stands; nothing else in a template has a key of that name."""
    if isinstance(value, dict):
        statement = value.get("Statement", [])
        yield from statement if isinstance(statement, list) else [statement]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _below(item)


def _principals(value: Any) -> list[str]:
    """Return who is meant, as `Service: …` or `AWS: …`; `*` for everybody."""
    if not isinstance(value, dict):
        return _texts(value)
    return [f"{kind}: {name}" for kind, names in value.items() for name in _texts(names)]


def _texts(value: Any) -> list[str]:
    return [_text(item) for item in (value if isinstance(value, list) else [] if value is None else [value])]


def _text(value: Any) -> str:
    """Return plain text, with `<…>` where CloudFormation fills in."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(map(_text, argument[1]))
    return f"<{argument if isinstance(argument, str) else json.dumps(argument)}>"
