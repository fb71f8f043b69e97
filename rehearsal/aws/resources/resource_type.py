"""What a resource type is to the emulator's CloudFormation, and the calls that it makes."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import boto3

Properties = Mapping[str, Any]
"""What the template says of a resource, everything that it refers to filled in."""

Made = tuple[str, dict[str, Any]]
"""A resource's physical ID, which `Ref` returns, and its attributes."""

Handlers = dict[str, Any]
"""What the emulator wants of a type: functions by what they do."""


Answer = tuple[int, dict[str, str], bytes]
Service = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Answer]]
"""A service of the emulator: method, path, headers, body and query of a call in; status, headers and body out."""


class RefusedError(ValueError):
    """AWS would refuse this. The message is what CloudFormation shows."""


@dataclass(frozen=True)
class ResourceType:
    """A type that a template may name.

    Attributes:
        create: makes a resource; its second argument is a name that nobody has.
        delete: removes a resource by its physical ID; one that is gone already is no error.
        update: brings a resource to new properties (the last argument) in place; without it, or where a property of
            `replaced_by` has changed, another is made, and CloudFormation deletes the old one when all has gone well.
        replaced_by: properties that cannot be changed in place.
    """

    create: Callable[[Properties, str], Made]
    delete: Callable[[str, Properties], None]
    update: Callable[[str, Properties, Properties], Made] | None = None
    replaced_by: frozenset[str] = frozenset()

    def handlers(self) -> Handlers:
        """Return it as the emulator wants it."""
        return {
            "create": self._create,
            "update": self._update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def _create(self, logical_id: str, properties: Properties, stack: str) -> Made:
        return self.create(properties, f"{stack}-{logical_id}-{os.urandom(4).hex()}")

    def _update(self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str) -> Made:
        if self.update is None or any(old.get(name) != new.get(name) for name in self.replaced_by):
            return self._create(logical_id, new, stack)
        return self.update(physical_id, old, new)


_connecting = Lock()


def client(service: str) -> Any:
    """Return a client of this emulator's service."""
    with _connecting:  # threads side by side would each read the description of the service, tens of megabytes
        return _client(service)


@lru_cache
def _client(service: str) -> Any:
    connect: Any = boto3.client  # it is typed for names that are written out
    return connect(service, endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")


def tags(properties: Properties) -> dict[str, str]:
    """Return a resource's tags by their keys."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def only_tags_differ(old: Properties, new: Properties) -> bool:
    """Whether nothing but tags has changed."""
    return all(old.get(name) == new.get(name) for name in {*old, *new} - {"Tags"})
