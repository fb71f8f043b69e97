"""kubectl and the gate find in a node's API what they look for in a cluster's."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_charts import __main__ as synthesis
from rehearsal import RehearsalError, manifests
from rehearsal.kubectl import Kubectl, kubectl
from rehearsal.node.api import Api
from slipway.rollout_gate_handler.gate.kubernetes import ClusterError, Kubernetes
from tests.rehearsal.conftest import POD, StillNode

pytestmark = pytest.mark.full

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "words", "namespace": "slipway"}}


@pytest.fixture
def cluster(api: Api) -> Kubectl:
    return Kubectl(namespace="slipway", url=api.url)


@pytest.fixture
def gate(api: Api) -> Kubernetes:
    """The gate's own client."""
    return client(api, api.token)


def client(api: Api, token: str) -> Kubernetes:
    return Kubernetes(api.url, "slipway", base64.b64encode(api.authority.encode()).decode(), lambda: token)


def plainly(verb: str) -> Callable[[dict[str, Any]], str]:
    return lambda manifest: kubectl(verb, "--filename=-", given=yaml.safe_dump(manifest))


def test_every_object_of_the_charts_comes_as_it_was_written(cluster: Kubectl, node: StillNode, tmp_path: Path) -> None:
    synthesis.example(tmp_path)
    written = manifests.read(tmp_path)
    cluster.apply(written)
    for manifest in written:
        assert node.kept[manifest["kind"], manifest["metadata"]["name"]] == manifest


@pytest.mark.usefixtures("api")
def test_what_is_applied_from_a_file_is_made_changed_and_left_alone(node: StillNode) -> None:
    """As the CDK applies it: by a client that compares."""
    apply = plainly("apply")
    assert "created" in apply({**CONFIG_MAP, "data": {"a": "1", "b": "1"}})
    assert "configured" in apply({**CONFIG_MAP, "data": {"a": "2"}})
    assert "unchanged" in apply({**CONFIG_MAP, "data": {"a": "2"}})
    assert node.kept["ConfigMap", "words"]["data"] == {"a": "2"}


@pytest.mark.usefixtures("api")
def test_what_is_there_is_not_made_twice() -> None:
    create = plainly("create")
    assert "created" in create(CONFIG_MAP)
    with pytest.raises(RehearsalError, match="AlreadyExists"):
        create(CONFIG_MAP)


def test_what_is_deleted_is_gone_and_what_is_not_there_is_said(cluster: Kubectl, node: StillNode) -> None:
    cluster.apply([CONFIG_MAP])
    plainly("delete")(CONFIG_MAP)
    assert ("ConfigMap", "words") not in node.kept
    with pytest.raises(RehearsalError, match=r'NotFound\).*configmaps "words" not found'):
        plainly("delete")(CONFIG_MAP)
    cluster.delete([CONFIG_MAP])


def test_a_namespace_goes_with_what_is_in_it(cluster: Kubectl, node: StillNode) -> None:
    elsewhere = {**CONFIG_MAP, "metadata": {"name": "others", "namespace": "kube-system"}}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "slipway"}}
    cluster.apply([namespace, CONFIG_MAP, elsewhere])
    cluster.delete([namespace])
    assert set(node.kept) == {("Pod", "page-1"), ("ConfigMap", "others")}


def test_an_autoscaler_is_given_other_bounds_and_keeps_the_rest(cluster: Kubectl, node: StillNode) -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "page", "namespace": "slipway"},
        "spec": {"minReplicas": 3, "maxReplicas": 9, "scaleTargetRef": {"kind": "Deployment", "name": "page"}},
    }
    cluster.apply([scaler])
    cluster.scale("page", 6)
    target = {"kind": "Deployment", "name": "page"}
    bounds = {"minReplicas": 6, "maxReplicas": 6, "scaleTargetRef": target}
    assert node.kept["HorizontalPodAutoscaler", "page"]["spec"] == bounds


def test_pods_are_found_by_all_their_labels_by_kubectl_and_by_the_gate(cluster: Kubectl, gate: Kubernetes) -> None:
    for found in (cluster.pods, gate.pods):
        assert found({"app": "page", "release": "one"}) == [POD]
        assert found({"app": "page", "release": "two"}) == []


def test_a_pod_is_heard_and_killed(cluster: Kubectl, node: StillNode) -> None:
    assert cluster.logs("page-1") == "page-1 speaks\n"
    cluster.kill("page-1")
    assert node.killed == ["page-1"]
    assert ("Pod", "page-1") not in node.kept


def test_the_gate_is_told_what_is_not_there(gate: Kubernetes) -> None:
    with pytest.raises(ClusterError, match="404"):
        gate.get("apps", "deployments", "page")


def test_kubectl_sees_what_one_value_is(cluster: Kubectl) -> None:
    """As the CDK asks for a value of an object."""
    cluster.apply([{**CONFIG_MAP, "data": {"a": "1"}}])
    assert kubectl("get", "configmap", "words", "--namespace=slipway", "--output=jsonpath={.data.a}") == "1"


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("StatefulSet", "could not find the requested resource"), ("Pod", "pods come of Deployments and Jobs alone here")],
)
def test_what_would_come_to_nothing_is_refused(kind: str, reason: str) -> None:
    group = "v1" if kind == "Pod" else "apps/v1"
    with pytest.raises(RehearsalError, match=reason):
        plainly("apply")({"apiVersion": group, "kind": kind, "metadata": {"name": "page", "namespace": "slipway"}})


def test_who_does_not_know_the_token_sees_and_changes_nothing(api: Api, node: StillNode) -> None:
    with pytest.raises(ClusterError, match="401"):
        client(api, "guessed").pods({})
    with pytest.raises(RehearsalError, match="token"):
        kubectl("delete", "pod", "page-1", "--namespace=slipway", "--token=guessed")
    assert ("Pod", "page-1") in node.kept


@pytest.mark.usefixtures("api")
def test_only_this_user_reads_the_token(tmp_path: Path) -> None:
    assert (tmp_path / "kubeconfig").stat().st_mode & 0o077 == 0


def test_without_a_dry_run_nothing_is_pretended(cluster: Kubectl, node: StillNode) -> None:
    with pytest.raises(RehearsalError, match="dry runs are not known here"):
        kubectl("apply", "--server-side", "--dry-run=server", "--filename=-", given=json.dumps(CONFIG_MAP))
    assert ("ConfigMap", "words") not in node.kept
    assert cluster.pods({}) == [POD]
