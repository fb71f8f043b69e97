"""Why pods are not ready, in words for people."""

from collections.abc import Iterator
from typing import Any

from .kubernetes import Kubernetes

_LONGEST = 200  # characters of what one container says

Object = dict[str, Any]


def of_deployment(cluster: Kubernetes, deployment: Object) -> str:
    """Say why a Deployment's pods are not ready, or why the cluster makes none: it then refuses them altogether."""
    refused = [
        item.get("message", "")
        for item in deployment["status"].get("conditions", [])
        if item["type"] == "ReplicaFailure" and item["status"] == "True"
    ]
    return ", ".join(filter(None, [*refused, of_pods(cluster, deployment)]))


def of_pods(cluster: Kubernetes, owner: Object) -> str:
    """Say why the pods of a Job or Deployment are not ready, each reason once; pods that are going do not count."""
    found: dict[str, str] = {}
    for pod in cluster.pods(owner["spec"]["selector"]["matchLabels"]):
        if "deletionTimestamp" in pod["metadata"]:
            continue
        for reason in _of_pod(pod["status"]):
            found.setdefault(reason, pod["metadata"]["name"])
    return ", ".join(f"{pod}: {reason}" for reason, pod in found.items())


def _of_pod(status: Object) -> Iterator[str]:
    if status.get("phase") == "Failed" and "reason" in status:  # evicted, or refused by its node
        yield _line(status["reason"], status.get("message"))
    for item in status.get("conditions", []):
        if item["type"] == "PodScheduled" and item["status"] == "False":
            yield item.get("message") or item.get("reason", "")
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        if not container.get("ready"):
            yield from _of_container(container)


def _of_container(container: Object) -> Iterator[str]:
    state, last = container.get("state", {}), container.get("lastState", {})
    if "waiting" in state:
        reason = state["waiting"].get("reason", "waiting")
        # How long it will wait until it is tried again helps nobody.
        yield reason if reason == "CrashLoopBackOff" else _line(reason, state["waiting"].get("message"))
    elif "running" in state:
        started = container.get("started", True)
        yield "runs and is not ready" if started else "runs and has not passed its start-up probe"
    ended = state.get("terminated") or last.get("terminated") or {}
    if code := ended.get("exitCode"):
        reason = ended.get("reason", "Error")
        yield _line(f"exit code {code}" + ("" if reason == "Error" else f", {reason}"), ended.get("message"))


def _line(reason: str, message: str | None) -> str:
    words = " ".join((message or "").split())
    return f"{reason} ({words[-_LONGEST:]})" if words else reason
