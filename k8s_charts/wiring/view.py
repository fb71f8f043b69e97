"""Manifests by what they are, and what stands in them that wiring is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Manifest = Mapping[str, Any]


class WiringError(ValueError):
    """Two ends of an edge do not fit. The message is one line: which edge, and what is wrong with it."""


@dataclass(frozen=True)
class Workload:
    """What makes pods: a Deployment or a Job.

    Attributes:
        name: its name.
        namespace: where its pods live.
        labels: of its pods.
        spec: of its pods.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any]

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """The containers of a pod."""
        return list(self.spec["containers"])

    @property
    def ports(self) -> dict[str, int]:
        """The ports that the containers declare, by their names."""
        return {port["name"]: port["containerPort"] for item in self.containers for port in item.get("ports", [])}


class View:
    """All manifests of a release.

    Attributes:
        workloads: what makes pods.
    """

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._manifests = list(manifests)
        self.workloads = [
            Workload(
                item["metadata"]["name"],
                item["metadata"].get("namespace", "default"),
                item["spec"]["template"]["metadata"].get("labels", {}),
                item["spec"]["template"]["spec"],
            )
            for item in self._manifests
            if item["kind"] in ("Deployment", "Job")
        ]

    def of_kind(self, kind: str) -> Iterator[Manifest]:
        """Yield the objects of one kind."""
        return (item for item in self._manifests if item["kind"] == kind)

    def find(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return the one object of this kind and name, or None."""
        return next((item for item in self.of_kind(kind) if _is(item, namespace, name)), None)

    def selected(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """Return whose pods carry all labels of a selector."""
        return [
            item for item in self.workloads if item.namespace == namespace and selector.items() <= item.labels.items()
        ]


def _is(item: Manifest, namespace: str, name: str) -> bool:
    metadata = item["metadata"]
    return bool(metadata["name"] == name and metadata.get("namespace", "default") == namespace)
