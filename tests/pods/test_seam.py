"""What kubectl does to a cluster it does to a node: either stands behind `rehearsal.cluster.Cluster`."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from rehearsal.kubectl import Kubectl
from rehearsal.node import Node
from rehearsal.node.api import Api
from rehearsal.node.podman import Podman
from slipway.rollout_gate_handler.gate.handler import RolloutError, verdict
from slipway.rollout_gate_handler.gate.kubernetes import Kubernetes
from tests.pods.stage import wait_for
from tests.rehearsal.conftest import real_kubectl  # noqa: F401 - a fixture, which the argument of its name asks for (F811)

pytestmark = pytest.mark.container

NAMESPACE = "slipway"
FEWEST, MORE = 2, 3
PORT = 8000
LINK, LOWEST = "lowest", "02:00:00:00:00:01"
PYTHON = ("/bin/sh", "-c", 'exec python3 -c "$0"')
SERVES = "print('serving', flush=True); import http.server as s; s.test(s.SimpleHTTPRequestHandler, port=8000)"
CRASHES = "raise SystemExit('this release crashes')"


@pytest.fixture
def api() -> Iterator[Api]:
    """Yield the API of a node on which nothing runs."""
    with Node(Podman(f"seam-{uuid4().hex[:4]}")) as node, Api(node) as api:
        yield api


@pytest.fixture
def cluster(
    api: Api,
    real_kubectl: Path,  # noqa: F811 - the fixture above
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Kubectl:
    """Return the node as kubectl shows it."""
    api.write_kubeconfig(tmp_path / "kubeconfig")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("PATH", f"{real_kubectl.parent}:{os.environ['PATH']}")
    return Kubectl(namespace=NAMESPACE, url=api.url)


@pytest.fixture
def gate(api: Api) -> Kubernetes:
    """Return the node as the gate's function sees it."""
    authority = base64.b64encode(api.authority.encode()).decode()
    return Kubernetes(api.url, NAMESPACE, authority, lambda: api.token)


def test_the_machine_keeps_its_place_when_pods_come_and_go() -> None:
    """A bridge takes the lowest address of its links, unless it has one of its own; pods would look for the old one."""
    podman = Podman(f"seam-{uuid4().hex[:4]}")
    with Node(podman):
        (bridge,) = json.loads(ip("-json", "address", "show", "to", podman.address))
        address = Path("/sys/class/net", bridge["ifname"], "address")
        before = address.read_text()
        ip("link", "add", LINK, "address", LOWEST, "type", "veth")
        try:
            ip("link", "set", LINK, "master", bridge["ifname"])
            after = address.read_text()
        finally:
            ip("link", "delete", LINK)
    assert after == before


def test_a_release_lives_and_ends_through_kubectl(cluster: Kubectl, gate: Kubernetes, base: str) -> None:
    job = workload("Job", "prepare", base, "print('prepared')")
    serving = [scaler(), workload("Deployment", "page", base, SERVES)]
    cluster.apply([job, *serving])
    verdict(gate, {"Jobs": ["prepare"], "Deployments": ["page"], "Fewest": FEWEST}, 120)
    assert "serving" in cluster.logs(names(cluster)[0])

    for replicas in (MORE, FEWEST):
        cluster.scale("page", replicas)
        wait_for(partial(settled, cluster, replicas), f"{replicas} pods")

    first, *others = names(cluster)
    cluster.kill(first)
    wait_for(lambda: first not in names(cluster) and ready(cluster) == FEWEST, "another pod in its place")
    assert set(others) < set(names(cluster))

    before = names(cluster)
    cluster.apply([workload("Deployment", "page", base, CRASHES)])
    with pytest.raises(RolloutError, match=r"page-.*exit code 1 \(this release crashes"):
        verdict(gate, {"Deployments": ["page"], "Fewest": FEWEST}, 15)
    assert set(before) < set(names(cluster))
    cluster.apply(serving)
    verdict(gate, {"Deployments": ["page"], "Fewest": FEWEST}, 60)
    wait_for(lambda: set(names(cluster)) == set(before), "the end of the crashing pod alone")

    cluster.delete([job, *serving])
    wait_for(lambda: not cluster.pods({}), "the end of all pods")


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout


def names(cluster: Kubectl) -> list[str]:
    return [pod["metadata"]["name"] for pod in cluster.pods({"app": "page"})]


def settled(cluster: Kubectl, replicas: int) -> bool:
    return len(names(cluster)) == replicas == ready(cluster)


def ready(cluster: Kubectl) -> int:
    return int(cluster.get("apps", "deployments", "page")["status"]["readyReplicas"])


def scaler() -> dict[str, Any]:
    spec = {"minReplicas": FEWEST, "maxReplicas": FEWEST, "scaleTargetRef": {"kind": "Deployment", "name": "page"}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "page", "namespace": NAMESPACE},
        "spec": spec,
    }


def workload(kind: str, name: str, image: str, program: str) -> dict[str, Any]:
    labels = {"app": name}
    container: dict[str, Any] = {"name": name, "image": image, "command": [*PYTHON, program]}
    spec: dict[str, Any] = {}
    if kind == "Deployment":
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1}
        spec = {"selector": {"matchLabels": labels}, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}
    pod = {"containers": [container], "terminationGracePeriodSeconds": 1}
    if kind == "Job":
        pod["restartPolicy"] = "Never"
    return {
        "apiVersion": "apps/v1" if kind == "Deployment" else "batch/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {**spec, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
