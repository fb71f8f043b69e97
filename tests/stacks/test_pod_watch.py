"""The watch counts the pods that do not serve, and says why; it never takes silence for health."""

import json
from typing import Any, cast

import pytest

from cdk_app.contract import DEPLOYMENTS
from slipway.rollout_gate_handler.gate import watch
from slipway.rollout_gate_handler.gate.kubernetes import ClusterError, Kubernetes
from tests.stacks.synthesis import Synthesis

Object = dict[str, Any]
CRASHING = {
    "metadata": {"name": "backend-1"},
    "status": {"containerStatuses": [{"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
}


class Cluster:
    """A cluster whose Deployments have so many pods that serve, of so many that are wanted."""

    def __init__(self, **deployments: tuple[int, int]) -> None:
        self._deployments = deployments

    def get(self, group: str, kind: str, name: str) -> Object:
        assert (group, kind) == ("apps", "deployments")
        if name not in self._deployments:
            raise ClusterError(f"no {name}")
        available, wanted = self._deployments[name]
        status = {"availableReplicas": available} if available else {}  # Kubernetes leaves zeros out
        return {"spec": {"replicas": wanted, "selector": {"matchLabels": {"app": name}}}, "status": status}

    def pods(self, labels: dict[str, str]) -> list[Object]:
        return [CRASHING] if labels == {"app": "backend"} else []


def counted(cluster: Cluster, *names: str) -> Object:
    return watch.counted(cast(Kubernetes, cluster), list(names), "Slipway/Pods")


def test_the_pods_that_serve_are_not_missing() -> None:
    line = counted(Cluster(backend=(3, 3), frontend=(4, 4)), "backend", "frontend")
    assert (line["Wanted"], line["Missing"], line["why"]) == (7, 0, {})


def test_the_pods_that_do_not_are_and_their_reason_is_told() -> None:
    line = counted(Cluster(backend=(1, 3), frontend=(3, 3)), "backend", "frontend")
    assert (line["Wanted"], line["Missing"]) == (6, 2)
    assert line["why"] == {"backend": "backend-1: CrashLoopBackOff"}


def test_a_deployment_without_any_pod_misses_all() -> None:
    assert counted(Cluster(frontend=(0, 3)), "frontend")["Missing"] == 3


def test_pods_that_are_too_many_do_not_stand_in_for_others() -> None:
    assert counted(Cluster(proxy=(5, 3), frontend=(2, 3)), "proxy", "frontend")["Missing"] == 1


def test_a_deployment_that_is_gone_is_an_error_and_no_zero() -> None:
    with pytest.raises(ClusterError, match="no frontend"):
        counted(Cluster(backend=(3, 3)), "backend", "frontend")


def test_the_answer_is_one_line_that_cloudwatch_takes_for_metrics(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(backend=(3, 3))
    monkeypatch.setattr(Kubernetes, "of", lambda _event: cluster)
    watch.handle({"Deployments": ["backend"], "Metrics": "Slipway/Pods"}, None)
    (line,) = capsys.readouterr().out.splitlines()
    metadata = json.loads(line)["_aws"]
    (group,) = metadata["CloudWatchMetrics"]
    assert metadata["Timestamp"] > 1_700_000_000_000  # milliseconds
    assert group["Namespace"] == "Slipway/Pods"
    assert group["Dimensions"] == [[]]
    assert {item["Name"] for item in group["Metrics"]} == {"Wanted", "Missing"}


def test_every_deployment_of_the_application_is_counted(synthesis: Synthesis) -> None:
    applied = {item["metadata"]["name"] for item in synthesis.manifests() if item["kind"] == "Deployment"}
    (rule,) = (
        rule["Properties"]
        for _, _, rule in synthesis.resources("AWS::Events::Rule")
        if rule["Properties"].get("ScheduleExpression") == "rate(1 minute)"
    )
    (target,) = rule["Targets"]
    question = "".join(part if isinstance(part, str) else "AWS" for part in target["Input"]["Fn::Join"][1])
    assert set(json.loads(question)["Deployments"]) == set(DEPLOYMENTS) == applied
