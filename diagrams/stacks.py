"""The synthesised stacks as one graph of resources: what refers to what, across stacks and into manifests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from diagrams import DiagramError
from k8s_charts.wiring.view import View

_MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"


class Key(NamedTuple):
    """Where a resource stands."""

    stack: str
    logical_id: str

    def __str__(self) -> str:
        """Return it as it stands in pictures."""
        return f"{self.stack}/{self.logical_id}"

    @property
    def host(self) -> str:
        """A host name that stands for whatever name AWS gives the resource."""
        return f"{self.logical_id}.{self.stack}.aws".lower()


@dataclass(frozen=True)
class Resource:
    """A resource of a template.

    Attributes:
        key: where it stands.
        type: CloudFormation's name for what it is.
        properties: what it is to be like.
    """

    key: Key
    type: str
    properties: Mapping[str, Any] = field(repr=False)


class Stacks:
    """All stacks of the app.

    Attributes:
        templates: by the stacks' names.
    """

    def __init__(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the stacks' templates, by their names."""
        self.templates = dict(sorted(templates.items()))
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    @classmethod
    def read(cls, directory: Path) -> "Stacks":
        """Return the stacks that a synthesis has written to `directory`.

        Raises:
            DiagramError: there are none.
        """
        files = list(directory.glob("*.template.json"))
        if not files:
            raise DiagramError(f"{directory} holds no stacks; write them: CDK_OUTDIR={directory} python app.py")
        return cls({file.name.removesuffix(".template.json"): json.loads(file.read_text("utf-8")) for file in files})

    @cached_property
    def resources(self) -> dict[Key, Resource]:
        """Every resource, by where it stands."""
        return {
            (key := Key(stack, logical_id)): Resource(key, item["Type"], item.get("Properties", {}))
            for stack, template in self.templates.items()
            for logical_id, item in template["Resources"].items()
        }

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of some types, in the order of the templates."""
        return [resource for resource in self.resources.values() if resource.type in types]

    def referred(self, stack: str, value: Any) -> Iterator[Key]:
        """Yield every resource that a value in a stack's template refers to, in this stack or in another."""
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                if (key := Key(stack, name)) in self.resources:
                    yield key
            case {"Fn::ImportValue": str(name)}:
                yield from self.referred(*self._exports[name])
            case dict():
                for item in value.values():
                    yield from self.referred(stack, item)
            case list():
                for item in value:
                    yield from self.referred(stack, item)

    def of(self, resource: Resource, *path: str) -> set[Key]:
        """Return what one of a resource's properties refers to; `path` leads to it."""
        value: Any = resource.properties
        for name in path:
            value = value.get(name, {})
        return set(self.referred(resource.key.stack, value))

    @cached_property
    def hosts(self) -> dict[str, Key]:
        """Every resource, by the host name that stands for it in manifests."""
        return {key.host: key for key in self.resources}

    @cached_property
    def objects(self) -> View:
        """Every Kubernetes object that CloudFormation applies."""
        return View(item for resource in self.of_type(_MANIFEST) for item in json.loads(self._text(resource)))

    def _text(self, resource: Resource) -> str:
        """Return a manifest as text, a resource's name in the place of what CloudFormation fills in."""
        manifest = resource.properties["Manifest"]
        if isinstance(manifest, str):
            return manifest
        separator, parts = manifest["Fn::Join"]
        return str(separator).join(
            part
            if isinstance(part, str)
            else next((key.host for key in self.referred(resource.key.stack, part)), "aws")
            for part in parts
        )
