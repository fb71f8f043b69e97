"""What the node does of Kubernetes' part, without Podman: controllers, probes, names, and what Podman is told."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from dnslib import DNSRecord

from k8s_charts import __main__ as synthesis
from rehearsal import RehearsalError, manifests
from rehearsal.node import names, template
from rehearsal.node.deployments import Deployment
from rehearsal.node.jobs import Job
from rehearsal.node.pod import Pod
from rehearsal.node.probes import Probe, Prober

MIN_READY = 20


class StillPod:
    """A pod that becomes ready, and ends, when the test says so."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.name: str = manifest["metadata"]["name"]
        self.labels = manifest["metadata"]["labels"]
        self.ready = self.terminating = self.gone = False
        self.ready_since = 0.0
        self.exit_code: int | None = None


class World:
    """Time, and the pods that a controller has started."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pods: list[StillPod] = []

    def start(self, manifest: dict[str, Any]) -> Pod:
        self.pods.append(StillPod(manifest))
        return cast("Pod", self.pods[-1])

    def end(self, pod: Pod) -> None:
        pod.terminating = pod.gone = True

    def deployment(self, replicas: int = 3) -> Deployment:
        """Return a Deployment of which every pod serves."""
        deployment = Deployment(self.start, self.end, lambda: self.now)
        deployment.apply(workload("one"), replicas)
        deployment.reconcile()
        self.make_ready()
        self.now += MIN_READY
        deployment.reconcile()
        return deployment

    def make_ready(self) -> None:
        for pod in self.alive():
            if not pod.ready:
                pod.ready, pod.ready_since = True, self.now

    def alive(self) -> list[StillPod]:
        return [pod for pod in self.pods if not pod.terminating]

    def serving(self) -> int:
        return sum(pod.ready and self.now - pod.ready_since >= MIN_READY for pod in self.alive())


def workload(image: str, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "page", "namespace": "slipway"},
        "spec": {
            "minReadySeconds": MIN_READY,
            "progressDeadlineSeconds": 60,
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": {"app": "page"}}, "spec": {"containers": [{"image": image}]}},
            **spec,
        },
    }


@pytest.fixture
def world() -> World:
    return World()


def test_a_roll_out_replaces_pods_one_by_one_and_never_has_fewer_that_serve(world: World) -> None:
    deployment = world.deployment()
    old = world.alive()
    deployment.apply(workload("two"), 3)
    most = 0
    for _ in range(100):
        deployment.reconcile()
        most = max(most, len(world.alive()))
        assert world.serving() >= 3
        world.now += 5
        world.make_ready()
    assert most == 4
    assert len(world.alive()) == 3
    assert not set(old) & set(world.alive())
    assert deployment.as_object()["status"]["conditions"][0]["reason"] == "NewReplicaSetAvailable"


def test_a_pod_that_has_just_become_ready_replaces_nobody(world: World) -> None:
    deployment = world.deployment()
    deployment.apply(workload("two"), 3)
    deployment.reconcile()
    world.make_ready()
    world.now += MIN_READY - 1
    deployment.reconcile()
    assert len(world.alive()) == 4
    world.now += 1
    deployment.reconcile()
    assert len(world.alive()) == 3


def test_a_release_that_never_serves_takes_no_pods_place(world: World) -> None:
    deployment = world.deployment()
    old = world.alive()
    deployment.apply(workload("two"), 3)
    for _ in range(20):
        world.now += 5
        deployment.reconcile()
    assert set(old) < set(world.alive())
    assert len(world.alive()) == 4
    assert deployment.as_object()["status"]["conditions"][0]["reason"] == "ProgressDeadlineExceeded"


def test_the_previous_manifest_keeps_its_pods(world: World) -> None:
    deployment = world.deployment()
    old = world.alive()
    for image in ("two", "one"):
        deployment.apply(workload(image), 3)
        deployment.reconcile()
    assert world.alive() == old


def test_pods_that_do_not_serve_are_taken_away_first(world: World) -> None:
    deployment = world.deployment()
    deployment.scale(6)
    deployment.reconcile()
    assert len(world.alive()) == 6
    first = world.pods[:3]
    first[0].ready = False
    for pod in world.pods[3:5]:
        pod.ready = True
    deployment.scale(4)
    deployment.reconcile()
    assert world.alive() == [*first[1:], *world.pods[3:5]]


def test_an_unchanged_manifest_changes_nothing(world: World) -> None:
    deployment = world.deployment()
    before = deployment.as_object()["metadata"]["generation"], world.alive()
    deployment.apply(workload("one"), 3)
    deployment.reconcile()
    assert (deployment.as_object()["metadata"]["generation"], world.alive()) == before


def job(world: World) -> Job:
    return Job(workload("one", "Job", backoffLimit=2), world.start, world.end, lambda: world.now)


def test_a_job_is_done_when_a_pod_has_ended_well(world: World) -> None:
    migration = job(world)
    migration.reconcile()
    assert migration.as_object()["status"]["conditions"] == []
    world.pods[0].exit_code = 0
    migration.reconcile()
    assert migration.as_object()["status"]["conditions"] == [{"type": "Complete", "status": "True"}]
    assert len(world.pods) == 1


def test_a_job_is_tried_again_after_a_while_and_then_given_up(world: World) -> None:
    migration = job(world)
    begun: list[float] = []
    for _ in range(100):
        migration.reconcile()
        if len(world.pods) > len(begun):
            begun.append(world.now)
            world.pods[-1].exit_code = 1
        world.now += 1
    assert begun == [0, 11, 32]
    (condition,) = migration.as_object()["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("Failed", "BackoffLimitExceeded")


def heard(answers: list[bool], **thresholds: int) -> list[bool]:
    """Return what a prober tells of these answers."""

    class Answering(Probe):
        async def ask(self, address: str) -> bool:  # noqa: ARG002 - as a probe is asked
            return left.pop(0)

    async def until_asked() -> None:
        task = asyncio.create_task(Prober(probe, lambda: "here", told.append).run())
        while left:
            await asyncio.sleep(0)
        task.cancel()

    probe = Answering(path="/", port=80, period=0, **thresholds)
    left, told = [*answers], list[bool]()
    asyncio.run(until_asked())
    return told


def test_a_probe_tells_what_it_has_heard_often_enough() -> None:
    assert heard([False, False, True, False, False, False, True], failures=3) == [True, False, True]
    assert heard([True, False, True, True], successes=2, failures=2) == [True]


@pytest.fixture
def server() -> Iterator[tuple[str, int, list[int]]]:
    """Yield address and port of a server, and the statuses that it answers with."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_kubelet = self.headers["User-Agent"].startswith("kube-probe/")  # by which services know it
            self.send_response(statuses.pop(0) if is_kubelet else 400)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listening.serve_forever).start()
    yield "127.0.0.1", listening.server_port, statuses
    listening.shutdown()
    listening.server_close()


def test_a_probe_takes_200_to_399_for_well_and_no_answer_for_unwell(server: tuple[str, int, list[int]]) -> None:
    address, port, statuses = server
    statuses += [200, 302, 404, 503]
    probe = Probe.of({"httpGet": {"path": "/", "port": port}})
    assert [asyncio.run(probe.ask(address)) for _ in range(4)] == [True, True, False, False]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Probe(path="/", port=taken.getsockname()[1])
        assert asyncio.run(nobody.ask(address)) is False


def test_dns_answers_with_pods_and_knows_no_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"page.slipway.svc.cluster.local": ["10.0.0.1", "10.0.0.2"]}

    async def ask(*questions: str) -> list[DNSRecord]:
        server = await names.serve("127.0.0.1", known.get)
        port = server.get_extra_info("sockname")[1]
        try:
            return [
                DNSRecord.parse(await asyncio.to_thread(DNSRecord.question(name, kind).send, "127.0.0.1", port))
                for name, kind in (question.split() for question in questions)
            ]
        finally:
            server.close()

    monkeypatch.setattr(names, "PORT", 0)
    addresses, none, unknown = asyncio.run(
        ask("Page.slipway.svc.cluster.local A", "page.slipway.svc.cluster.local AAAA", "elsewhere.example A")
    )
    assert [str(record.rdata) for record in addresses.rr] == ["10.0.0.1", "10.0.0.2"]
    assert (none.header.rcode, none.rr) == (0, [])
    assert unknown.header.rcode == 3


def test_dns_keeps_an_answer_as_long_as_a_clusters_does() -> None:
    now, addresses = [0.0], [["10.0.0.1"]]
    lookup = names.kept(lambda _: addresses[0], lambda: now[0])
    assert lookup("page") == ["10.0.0.1"]
    addresses[0] = ["10.0.0.2"]
    now[0] = names.TIME_TO_LIVE - 0.1
    assert lookup("page") == ["10.0.0.1"]
    now[0] = names.TIME_TO_LIVE
    assert lookup("page") == ["10.0.0.2"]


@pytest.fixture
def told(tmp_path: Path) -> dict[tuple[str, str], manifests.Manifest]:
    """The application's objects, by kind and name."""
    synthesis.example(tmp_path)
    return {(item["kind"], item["metadata"]["name"]): item for item in manifests.read(tmp_path)}


def test_podman_runs_the_pod_that_the_manifest_describes(told: dict[tuple[str, str], manifests.Manifest]) -> None:
    deployment = told["Deployment", "proxy"]
    pod, config_maps = template.for_podman("n-1", template.pod("proxy-1", deployment), told, "10.0.0.1")
    meant = deployment["spec"]["template"]["spec"]
    (container,), (of_manifest,) = pod["spec"]["containers"], meant["containers"]
    same = ("image", "command", "securityContext", "resources", "terminationMessagePolicy")
    assert {key: container[key] for key in same} == {key: of_manifest[key] for key in same}
    assert pod["spec"]["securityContext"] == meant["securityContext"]
    paths, meant_paths = ([mount["mountPath"] for mount in told["volumeMounts"]] for told in (container, of_manifest))
    assert paths == meant_paths
    (config_map,) = config_maps
    assert config_map["data"] == next(item for item in told.values() if item["kind"] == "ConfigMap")["data"]
    assert pod["spec"]["dnsConfig"] == {
        "nameservers": ["10.0.0.1"],
        "searches": ["slipway.svc.cluster.local", "svc.cluster.local", "cluster.local"],
        "options": meant["dnsConfig"]["options"],
    }


def test_a_long_name_makes_a_hostname_that_linux_takes(told: dict[tuple[str, str], manifests.Manifest]) -> None:
    pod = template.pod("migration-" + "0" * 52 + "-1", told["Deployment", "proxy"])
    assert template.for_podman("n", pod, told, "10.0.0.1")[0]["spec"]["hostname"] == "migration-" + "0" * 52


def test_two_pods_share_no_volume(told: dict[tuple[str, str], manifests.Manifest]) -> None:
    pod = template.pod("proxy-1", told["Deployment", "proxy"])
    volumes = [
        {volume["name"] for volume in template.for_podman(name, pod, told, "10.0.0.1")[0]["spec"]["volumes"]}
        for name in ("n-1", "n-2")
    ]
    assert not volumes[0] & volumes[1]


def test_a_secret_is_filled_in_and_a_missing_one_named() -> None:
    env = [{"name": "URI", "valueFrom": {"secretKeyRef": {"name": "database", "key": "URI"}}}]
    container = {"name": "page", "image": "page:one", "env": env}
    pod = template.pod("page-1", workload("one", template={"metadata": {}, "spec": {"containers": [container]}}))
    secret = {"metadata": {"name": "database"}, "data": {"URI": b64encode(b"mysql://").decode()}}
    told, _ = template.for_podman("n", pod, {("Secret", "database"): secret}, "10.0.0.1")
    assert told["spec"]["containers"][0]["env"] == [{"name": "URI", "value": "mysql://"}]
    with pytest.raises(RehearsalError, match="Secret database does not exist"):
        template.for_podman("n", pod, {}, "10.0.0.1")
