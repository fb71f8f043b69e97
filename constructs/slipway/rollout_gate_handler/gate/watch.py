"""Counts the pods that do not serve, and tells CloudWatch by a line of its log: the embedded metric format.

Runs in AWS Lambda every minute. An unanswered question makes no metric, and the call fails.
"""

import json
import time
from typing import Any

from . import reasons
from .kubernetes import Kubernetes


def handle(event: dict[str, Any], _context: Any) -> None:
    """Answer one question.

    What it holds: `Endpoint`, `Authority` and `Cluster`, how to reach the cluster; `Namespace` and `Deployments`, what
    to look at; `Metrics`, CloudWatch's namespace of the answer.

    Raises:
        ClusterError: the cluster does not answer, or a Deployment is not there.
    """
    print(json.dumps(counted(Kubernetes.of(event), event["Deployments"], event["Metrics"])))  # noqa: T201 - Lambda's log


def counted(cluster: Kubernetes, deployments: list[str], namespace: str) -> dict[str, Any]:
    """Return the line: how many pods of all Deployments are wanted, how many of them are missing, and why.

    Raises:
        ClusterError: the cluster does not answer, or a Deployment is not there.
    """
    wanted, missing, why = 0, 0, {}
    for name in deployments:
        deployment = cluster.get("apps", "deployments", name)
        replicas = deployment["spec"].get("replicas", 1)
        lacking = max(0, replicas - deployment["status"].get("availableReplicas", 0))
        wanted, missing = wanted + replicas, missing + lacking
        if lacking:
            why[name] = reasons.of_deployment(cluster, deployment)
    metrics = [{"Name": name, "Unit": "Count"} for name in ("Wanted", "Missing")]
    return {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}],
        },
        "Wanted": wanted,
        "Missing": missing,
        "why": why,
    }
