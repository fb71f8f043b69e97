"""What runs in the cluster, and whom it calls: read from the manifests as the proof of their wiring reads them."""

from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from diagrams.stacks import Key, Stacks
from k8s_charts.wiring.calls import calls
from k8s_charts.wiring.view import Manifest, Workload, namespace_of

Callee = TypeVar("Callee", Key, Workload)


class Call(NamedTuple, Generic[Callee]):
    """Pods call somebody.

    Attributes:
        caller: the pods.
        callee: other pods, or a resource outside the cluster.
        port: where.
    """

    caller: Workload
    callee: Callee
    port: int | None


def calls_inside(stacks: Stacks) -> Iterator[Call[Workload]]:
    """Yield every call that reaches pods through a Service."""
    view = stacks.objects
    for call in calls(view):
        if named := call.service(view):
            yield from (Call(call.caller, callee, call.port) for callee in _behind(stacks, *named))


def calls_outside(stacks: Stacks) -> Iterator[Call[Key]]:
    """Yield every call to a resource of a stack."""
    for call in calls(stacks.objects):
        if call.host in stacks.hosts:
            yield Call(call.caller, stacks.hosts[call.host], call.port)


def entrances(stacks: Stacks) -> Iterator[tuple[Workload, int]]:
    """Yield the pods that are bound to a load balancer's targets, and the port there."""
    for binding in stacks.objects.of_kind("TargetGroupBinding"):
        service = binding["spec"]["serviceRef"]
        for workload in _behind(stacks, namespace_of(binding), service["name"]):
            yield workload, service["port"]


def name_of(workload: Workload) -> str:
    """Return what pods are called whatever the release: a Job's own name changes with each."""
    return workload.labels.get("app.kubernetes.io/name", workload.name)


def scale(stacks: Stacks, workload: Workload) -> Manifest | None:
    """Return what says how many pods there are; None where a Job makes one."""
    for scaler in stacks.objects.of_kind("HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload.name:
            found: Manifest = scaler["spec"]
            return found
    return None


def ports(stacks: Stacks, workload: Workload) -> list[int]:
    """Return the ports at which a Service leads to the pods."""
    return [
        entry["port"]
        for service in stacks.objects.of_kind("Service")
        if workload in _behind(stacks, namespace_of(service), service["metadata"]["name"])
        for entry in service["spec"]["ports"]
    ]


def _behind(stacks: Stacks, namespace: str, name: str) -> list[Workload]:
    service = stacks.objects.find("Service", namespace, name)
    return stacks.objects.selected(namespace, {"matchLabels": service["spec"]["selector"]}) if service else []
