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

from . import reasons
from .kubernetes import ClusterError, Kubernetes

_INTERVAL = 3.0  # seconds between two looks
_SPARE = 20.0  # seconds that are left of the function's time to tell CloudFormation
_LONGEST_REASON = 1000  # bytes; CloudFormation takes an answer of 4096 at most, and shows about as many

_ASKED_ABOUT = ("Cluster", "Endpoint", "Namespace", "Jobs", "Deployments", "Fewest")

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
        if _is_asked(event):
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


def _is_asked(event: dict[str, Any]) -> bool:
    """Whether there is something to wait for: not on deletion, nor where nothing but the time to wait has changed."""
    before = event.get("OldResourceProperties")
    match event["RequestType"]:
        case "Delete":
            return False
        case "Update" if before is not None:
            return any(before.get(name) != event["ResourceProperties"].get(name) for name in _ASKED_ABOUT)
    return True


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
            raise RolloutError(f"{name} failed: {reason}. {reasons.of_pods(cluster, job)}")
        if "Complete" not in conditions:
            waiting.append(f"{name} has not finished. {reasons.of_pods(cluster, job)}".rstrip())
    for name in properties.get("Deployments", []):
        deployment = cluster.get("apps", "deployments", name)
        missing = _missing(deployment, int(properties["Fewest"]))
        if missing is None:
            continue
        told = f"{name}: {missing}. {reasons.of_deployment(cluster, deployment)}".rstrip()
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
    """Whether the cluster has given up on the newest revision: until it has looked, it speaks of the one before."""
    if deployment["status"].get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return False
    conditions = deployment["status"].get("conditions", [])
    return any(
        item["type"] == "Progressing" and item.get("reason") == "ProgressDeadlineExceeded" for item in conditions
    )


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    body = {
        "Status": status,
        "Reason": reason.encode()[:_LONGEST_REASON].decode(errors="ignore"),
        "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation gives the address
        event["ResponseURL"], json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same address
        pass
