"""Things of EC2: they bear tags, which change in place."""

from collections.abc import Callable
from typing import Any

from rehearsal.aws.resources.resource_type import Made, Properties, ResourceType, client, only_tags_differ, tags


def _nothing(_physical_id: str) -> dict[str, Any]:
    return {}


def taggable(
    create: Callable[[Properties], str],
    delete: Callable[[str, Properties], None],
    *,
    change: Callable[[str, Properties, Properties], None] | None = None,
    replaced_by: frozenset[str] = frozenset(),
    attributes: Callable[[str], dict[str, Any]] = _nothing,
    tagged: Callable[[str], str] = str,
) -> ResourceType:
    """Return a type whose resources have their tags cared for.

    Args:
        create: makes a resource and returns its physical ID.
        delete: removes it.
        change: changes it in place; without it, all changes but those of tags replace it.
        replaced_by: properties that `change` cannot change.
        attributes: looks up a resource's attributes by its physical ID.
        tagged: returns what bears the tags, where that is not the physical ID.
    """

    def created(properties: Properties, _name: str) -> Made:
        made = create(properties)
        _tag(tagged(made), {}, properties)
        return made, attributes(made)

    def updated(physical_id: str, old: Properties, new: Properties) -> Made:
        if not only_tags_differ(old, new):
            if change is None:
                return created(new, "")
            change(physical_id, old, new)
        _tag(tagged(physical_id), old, new)
        return physical_id, attributes(physical_id)

    return ResourceType(created, delete, updated, replaced_by)


def _tag(resource: str, old: Properties, new: Properties) -> None:
    if gone := [{"Key": key} for key in tags(old).keys() - tags(new).keys()]:
        client("ec2").delete_tags(Resources=[resource], Tags=gone)
    if tags(new):
        client("ec2").create_tags(Resources=[resource], Tags=list(new["Tags"]))
