"""Manifests by what they are, and what stands in them that wiring is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Manifest = Mapping[str, Any]

_POD_TEMPLATES = {
    "Deployment": ("template",),
    "StatefulSet": ("template",),
    "DaemonSet": ("template",),
    "Job": ("template",),
    "CronJob": ("jobTemplate", "spec", "template"),
}
"""Where the pod template stands in the spec of each kind that makes pods."""


class WiringError(ValueError):
    """Two ends of an edge do not fit. The message is one line: which edge, and what is wrong with it."""


@dataclass(frozen=True)
class Workload:
    """What makes pods.

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
        """The containers of a pod, those that run first included."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def service_account(self) -> str:
        """Who its pods are."""
        return str(self.spec.get("serviceAccountName", "default"))

    def port(self, target: int | str) -> int | None:
        """Return the number of a port that a container declares, by its number or its name; None if none does."""
        declared = (port for item in self.containers for port in item.get("ports", []))
        return next(
            (port["containerPort"] for port in declared if target in (port["containerPort"], port.get("name"))), None
        )


class View:
    """All manifests of a release.

    Attributes:
        workloads: what makes pods.
    """

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        """Sort `manifests`.

        Raises:
            WiringError: two are of one kind and name, so that the later would replace the earlier.
        """
        self._manifests = list(manifests)
        seen = set()
        for item in self._manifests:
            identity = (item["kind"], namespace_of(item), item["metadata"]["name"])
            if identity in seen:
                raise WiringError(f"two objects are the {identity[0]} {identity[2]} in namespace {identity[1]}")
            seen.add(identity)
        self.workloads = [self._workload(item) for item in self._manifests if item["kind"] in _POD_TEMPLATES]

    def of_kind(self, *kinds: str) -> Iterator[Manifest]:
        """Yield the objects of some kinds."""
        return (item for item in self._manifests if item["kind"] in kinds)

    def find(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return the one object of this kind and name, or None."""
        named = (item for item in self.of_kind(kind) if item["metadata"]["name"] == name)
        return next((item for item in named if namespace_of(item) == namespace), None)

    def selected(self, namespace: str, selector: Mapping[str, Any]) -> list[Workload]:
        """Return whose pods a label selector means."""
        return [item for item in self.workloads if item.namespace == namespace and matches(selector, item.labels)]

    def has_namespace(self, name: str) -> bool:
        """Whether something of the release lives in this namespace."""
        return any(namespace_of(item) == name for item in self._manifests)

    def labels_of_namespace(self, name: str) -> Mapping[str, str]:
        """Return the labels of a namespace: those that Kubernetes adds, and those of the release."""
        found = next((item for item in self.of_kind("Namespace") if item["metadata"]["name"] == name), None)
        return {"kubernetes.io/metadata.name": name, **(found["metadata"].get("labels", {}) if found else {})}

    def _workload(self, item: Manifest) -> Workload:
        template = item["spec"]
        for step in _POD_TEMPLATES[item["kind"]]:
            template = template[step]
        labels = template.get("metadata", {}).get("labels", {})
        return Workload(item["metadata"]["name"], namespace_of(item), labels, template["spec"])


def namespace_of(item: Manifest) -> str:
    """Return the namespace that an object lives in."""
    return str(item["metadata"].get("namespace", "default"))


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector means what carries `labels`; an empty one means all."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items() and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None
