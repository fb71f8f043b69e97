"""`make pods CLUSTER=1` says at once what it cannot work with, and leaves a cluster as it was."""

from pathlib import Path
from typing import Any

import pytest

from rehearsal import RehearsalError
from tests.pods import clusters
from tests.rehearsal.conftest import StillNode

pytestmark = pytest.mark.full

LOAD = {"CLUSTER": "1", "CLUSTER_LOAD": "kind load image-archive"}


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"CLUSTER": "yes"}, "CLUSTER='yes' is not allowed; give 1"),
        ({"CLUSTER": "1"}, "needs either CLUSTER_REGISTRY .* or CLUSTER_LOAD"),
        ({**LOAD, "CLUSTER_REGISTRY": "registry.example"}, "and not both"),
        ({"CLUSTER_LOAD": "kind load image-archive"}, "CLUSTER_LOAD is for CLUSTER=1"),
        ({"CLUSTER": "0", "CLUSTER_URL": "http://lb.example"}, "CLUSTER_URL is for CLUSTER=1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environment: dict[str, str], reason: str) -> None:
    with pytest.raises(RehearsalError, match=reason):
        clusters.settings(environment)


def test_settings_are_those_that_are_given() -> None:
    assert clusters.settings({"CLUSTER_URL": ""}) is None
    assert clusters.settings({**LOAD, "CLUSTER_URL": "http://lb.example"}) == {
        "CLUSTER_LOAD": "kind load image-archive",
        "CLUSTER_URL": "http://lb.example",
    }


def machine(name: str, *, taint: str = "", ready: str = "True", closed: bool = False) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"unschedulable": closed, "taints": [{"key": "role", "effect": taint}] if taint else []},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": "10.0.0.7"}],
        },
    }


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@pytest.fixture
def cluster(api: object, node: StillNode) -> StillNode:  # noqa: ARG001 - it has to run
    """Return what kubectl takes for a cluster of three nodes."""
    node.kept.clear()
    node.apply(machine(name) for name in "abc")
    return node


def test_without_kubectl_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RehearsalError, match="no kubectl here"), clusters.prepared():
        pytest.fail("there is nothing to play in")


def test_a_cluster_that_does_not_answer_is_named(
    real_kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(real_kubectl.parent))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(RehearsalError, match="localhost:8080 was refused"), clusters.prepared():
        pytest.fail("there is nothing to play in")


@pytest.mark.parametrize(
    "third", [{"taint": "NoSchedule"}, {"taint": "NoExecute"}, {"ready": "Unknown"}, {"closed": True}]
)
def test_fewer_nodes_than_pods_of_a_kind_are_refused(third: dict[str, Any], cluster: StillNode) -> None:
    cluster.apply([machine("c", **third)])
    with pytest.raises(RehearsalError, match="2 nodes of the cluster take pods, and 3 are needed"), clusters.prepared():
        pytest.fail("there are too few nodes")
    assert cluster.objects("Namespace") == []


def test_a_namespace_of_somebody_elses_is_left_alone(cluster: StillNode) -> None:
    theirs = namespace("slipway-database", team="other")
    cluster.apply([theirs])
    with pytest.raises(RehearsalError, match="slipway-database that is not ours"), clusters.prepared():
        pytest.fail("it is somebody else's")
    assert cluster.objects("Namespace") == [theirs]


def test_nothing_stays_in_the_cluster_whatever_happens(cluster: StillNode) -> None:
    class StoppedError(Exception):
        pass

    before, made = dict(cluster.kept), dict[str, Any]()

    def play() -> None:
        with clusters.prepared():
            made.update({name: item for (kind, name), item in cluster.kept.items() if kind == "Namespace"})
            raise StoppedError

    with pytest.raises(StoppedError):
        play()
    assert set(made) == {"slipway", "slipway-database"}
    labels = [item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for item in made.values()]
    assert labels == ["restricted"] * 2
    assert cluster.kept == before


def test_what_a_killed_run_has_left_goes_first(cluster: StillNode) -> None:
    left = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "left", "namespace": "slipway"}}
    cluster.apply([namespace("slipway", **{"slipway/made-by": "make-pods"}), left])
    with clusters.prepared():
        assert cluster.objects("ConfigMap") == []


def test_the_entrance_is_its_load_balancer_or_else_a_node(cluster: StillNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_ADDRESS_SECONDS", 2.0)
    with clusters.prepared():
        assert clusters.entrance() == "http://10.0.0.7:30080"
        (service,) = cluster.objects("Service")
        service["status"] = {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}
        assert clusters.entrance() == "http://lb.example:8080"


def test_the_clusters_dns_is_a_service_or_where_it_is_by_convention(cluster: StillNode) -> None:
    def service(name: str, where: str, address: str) -> dict[str, Any]:
        metadata = {"name": name, "namespace": where}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": address}}

    cluster.apply([service("kubernetes", "default", "172.20.0.1")])
    assert clusters.resolver() == "172.20.0.10"
    cluster.apply([service("kube-dns", "kube-system", "10.43.0.10")])
    assert clusters.resolver() == "10.43.0.10"


def test_an_image_goes_to_the_cluster_by_the_command_or_by_a_registry_and_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "podman"
    engine.write_text(
        '#!/bin/sh\nfor word; do case $word in --output=*) echo "$5" >"${word#*=}" ;;'
        ' --digestfile=*) echo sha256:1234 >"${word#*=}" ;; esac; done\n'
    )
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    image = "localhost/slipway/page:one"
    taken = tmp_path / "taken"
    load = clusters.delivery({"CLUSTER_LOAD": f"""sh -c 'cat "$0" >"{taken}"'"""})
    assert load(image) == image
    assert taken.read_text().strip() == image
    push = clusters.delivery({"CLUSTER_REGISTRY": "registry.example/team"})
    assert push(image) == "registry.example/team/page:one@sha256:1234"
    with pytest.raises(RehearsalError, match="no nothing-of-this-name here"):
        clusters.delivery({"CLUSTER_LOAD": "nothing-of-this-name"})(image)
    with pytest.raises(RehearsalError, match="failed: refused"):
        clusters.delivery({"CLUSTER_LOAD": "sh -c 'echo refused >&2; exit 1'"})(image)
