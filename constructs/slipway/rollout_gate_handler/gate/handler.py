"""Answers CloudFormation whether what it has applied to the cluster has come to life.

Runs in AWS Lambda as a custom resource. Making or changing the resource succeeds when every Job that it names has
succeeded and every Deployment runs on its new revision, and fails, with the pods' reasons, when that does not happen
in time. Deleting it does nothing.
"""

import json
import logging
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from .kubernetes import ClusterError, Kubernetes

_INTERVAL = 3.0  # seconds between two looks
_SPARE = 20.0  # seconds that are left of the function's time to tell CloudFormation
_LONGEST_REASON = 1000  # characters that CloudFormation shows

_logger = logging.getLogger()
_logger.setLevel(logging.INFO)

Properties = dict[str, Any]


def handle(event: dict[str, Any], context: Any) -> None:
    """Answer one request of CloudFormation, at the address that it brings, whatever happens.

    Properties of the resource: `Endpoint`, `Authority` and `Cluster`, how to reach the cluster; `Namespace`; `Jobs` and
    `Deployments`, the names to wait for; `Fewest`, how many pods each Deployment has at least; `Seconds`, how long to
    wait.
    """
    try:
        if event["RequestType"] != "Delete":
            properties = event["ResourceProperties"]
            left = context.get_remaining_time_in_millis() / 1000 - _SPARE
            verdict(Kubernetes.of(properties), properties, min(float(properties["Seconds"]), left))
        status, reason = "SUCCESS", ""
    except RolloutError as error:
        status, reason = "FAILED", str(error)
    except Exception as error:  # CloudFormation would wait for an hour for an answer that never comes
        _logger.exception("the gate itself failed")
        status, reason = "FAILED", f"the gate itself failed: {error}"
    _logger.info("%s %s", status, reason)
    _answer(event, status, reason or "rolled out")


class RolloutError(RuntimeError):
    """The release has not come to life; the message says why, for people."""


def verdict(
    cluster: Kubernetes,
    properties: Properties,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Return when all Jobs have succeeded and all Deployments are rolled out.

    A cluster that does not answer is asked again: a role's access may take a while to be known.

    Raises:
        RolloutError: a Job has failed, a Deployment has given up, or the time is over.
    """
    deadline = clock() + seconds
    while True:
        try:
            waiting = _waiting(cluster, properties)
            if not waiting:
                return
        except ClusterError as error:
            waiting = [str(error)]
        if clock() + _INTERVAL > deadline:
            raise RolloutError(f"not rolled out after {seconds:.0f} s. {'; '.join(waiting)}")
        _logger.info("waiting: %s", "; ".join(waiting))
        wait(_INTERVAL)


def _waiting(cluster: Kubernetes, properties: Properties) -> list[str]:
    """Return what is not done yet, each with the reasons of its pods."""
    waiting = []
    for name in properties.get("Jobs", []):
        job = cluster.get("batch", "jobs", name)
        conditions = {item["type"]: item for item in job["status"].get("conditions", []) if item["status"] == "True"}
        if "Failed" in conditions:
            reason = conditions["Failed"].get("message") or conditions["Failed"].get("reason", "")
            raise RolloutError(f"{name} failed: {reason}. {_reasons(cluster, job)}")
        if "Complete" not in conditions:
            waiting.append(f"{name} has not finished. {_reasons(cluster, job)}".rstrip())
    for name in properties.get("Deployments", []):
        deployment = cluster.get("apps", "deployments", name)
        missing = _missing(deployment, int(properties["Fewest"]))
        if missing is None:
            continue
        told = f"{name}: {missing}. {_reasons(cluster, deployment)}".rstrip()
        if _gave_up(deployment):
            raise RolloutError(told)
        waiting.append(told)
    return waiting


def _missing(deployment: dict[str, Any], fewest: int) -> str | None:
    """Say what a Deployment lacks to be rolled out on its newest revision; None if nothing."""
    status, wanted = deployment["status"], deployment["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return "the cluster has not looked at it yet"
    if wanted < fewest:
        return f"{wanted} pods are wanted, not {fewest} yet"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the new release"
    if status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} pods of the old release are still there"
    return f"{available} of {updated} pods serve" if available < updated else None


def _gave_up(deployment: dict[str, Any]) -> bool:
    conditions = deployment["status"].get("conditions", [])
    return any(
        item["type"] == "Progressing" and item.get("reason") == "ProgressDeadlineExceeded" for item in conditions
    )


def _reasons(cluster: Kubernetes, owner: dict[str, Any]) -> str:
    """Say why the pods of a Job or Deployment are not ready, each reason once."""
    found: dict[str, str] = {}
    for pod in cluster.pods(owner["spec"]["selector"]["matchLabels"]):
        for reason in _reasons_of(pod):
            found.setdefault(reason, pod["metadata"]["name"])
    return ", ".join(f"{pod}: {reason}" for reason, pod in found.items())


def _reasons_of(pod: dict[str, Any]) -> list[str]:
    reasons = [
        item.get("message") or item.get("reason", "")
        for item in pod["status"].get("conditions", [])
        if item["type"] == "PodScheduled" and item["status"] == "False"
    ]
    for container in pod["status"].get("containerStatuses", []):
        if container.get("ready"):
            continue
        state, last = container.get("state", {}), container.get("lastState", {})
        ended = state.get("terminated") or last.get("terminated")
        if "waiting" in state:
            reasons.append(state["waiting"].get("reason", "waiting"))
        elif "running" in state:
            reasons.append("runs and is not ready")
        if ended and ended.get("exitCode"):
            words = " ".join(ended.get("message", "").split())
            reasons.append(f"exit code {ended['exitCode']}" + (f" ({words[-200:]})" if words else ""))
    return reasons


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    body = {
        "Status": status,
        "Reason": reason[:_LONGEST_REASON],
        "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation gives the address
        event["ResponseURL"], json.dumps(body).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same address
        pass
