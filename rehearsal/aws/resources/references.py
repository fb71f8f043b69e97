"""Whatever names a thing of EC2 that is not there is refused, as AWS refuses it."""

import re
from collections.abc import Iterator
from typing import Any

from ministack.services import ec2

from rehearsal.aws.resources.hosts import images
from rehearsal.aws.resources.resource_type import Handlers, Made, Properties, RefusedError

_STORES = {
    "eipalloc": ec2._addresses,
    "igw": ec2._internet_gateways,
    "nat": ec2._nat_gateways,
    "rtb": ec2._route_tables,
    "sg": ec2._security_groups,
    "subnet": ec2._subnets,
    "vol": ec2._volumes,
    "vpc": ec2._vpcs,
}
_ID = re.compile(rf"({'|'.join([*_STORES, 'ami'])})-[0-9a-f]+")


def checked(emulated: Handlers) -> Handlers:
    """Return a type that makes and changes nothing before it has looked whether all is there that it needs."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        _check(properties)
        made: Made = emulated["create"](logical_id, properties, stack)
        return made

    def update(physical_id: str, old: Properties, new: Properties, *more: str) -> Made:
        _check(new)
        made: Made = emulated["update"](physical_id, old, new, *more)
        return made

    return emulated | {"create": create} | ({"update": update} if "update" in emulated else {})


def _check(properties: Properties) -> None:
    for kind, name in _named(properties):
        if name not in (images.values() if kind == "ami" else _STORES[kind]):
            raise RefusedError(f"The {kind} ID '{name}' does not exist")


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every ID in a value, with what it is of."""
    if isinstance(value, str) and (found := _ID.fullmatch(value)):
        yield found[1], value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)
