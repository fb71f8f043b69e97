"""A node: how this machine runs what a cluster was told.

Manifests go in as a cluster gets them. Podman runs the pods under their security contexts and limits; what it leaves
out is done here as Kubernetes does it: Deployments, Jobs, probes, preStop, grace, restarts, Services in DNS, and a load
balancer in front. Network policies are not enforced, nothing is scheduled to places, and nobody measures load.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from rehearsal import ROOT, RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node import entrance, names
from rehearsal.node.deployments import Deployment
from rehearsal.node.engine import Engine
from rehearsal.node.entrance import Entrance
from rehearsal.node.jobs import Job
from rehearsal.node.pod import Pod
from rehearsal.node.template import CLUSTER_DOMAIN

_BEAT = 0.25  # seconds after which time itself may have changed something
_ALL_LINES = 1_000_000

_Result = TypeVar("_Result")


class Node:
    """A cluster of one namespace on this machine, with its controllers in a thread of their own.

    As a context manager it starts, and whatever happens it leaves no container, network or process.

    Args:
        name: what tells it from other nodes of this clone.

    Attributes:
        address: this machine's address as pods see it; its DNS is there, too.
        subnet: the addresses of all pods.
    """

    def __init__(self, name: str) -> None:
        self._engine = Engine(f"slipway-{name}-{sha256(str(ROOT).encode()).hexdigest()[:6]}")
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="node", daemon=True)
        self._changed = asyncio.Event()
        self._objects: dict[tuple[str, str], Manifest] = {}
        self._deployments: dict[str, Deployment] = {}
        self._jobs: dict[str, Job] = {}
        self._entrance: Entrance | None = None
        self._services: list[asyncio.Task[None]] = []
        self._endings: dict[Pod, asyncio.Task[None]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._call(self._close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    @property
    def address(self) -> str:
        """This machine's address as pods see it; the cluster's DNS is there, too."""
        return self._engine.gateway

    @property
    def subnet(self) -> str:
        """The addresses of all pods."""
        return self._engine.subnet

    @property
    def url(self) -> str:
        """Where users find the application.

        Raises:
            RehearsalError: nothing was let in.
        """
        if self._entrance is None:
            raise RehearsalError("the node has no entrance; expose a Service")
        return self._entrance.url

    def apply(self, manifests: Iterable[Manifest]) -> None:
        """Take objects, in order, and begin to make them true."""
        for manifest in manifests:
            self._do(partial(self._apply, manifest))

    def delete(self, manifests: Iterable[Manifest]) -> None:
        """Forget objects, and end what came of them."""
        for manifest in manifests:
            self._do(partial(self._delete, manifest))

    def expose(self, service: str, *, port: int, health_path: str) -> None:
        """Let users in to the pods of a Service, at their `port`; `health_path` is what the entrance asks them for."""
        self._do(lambda: self._expose(service, port, health_path))

    def scale(self, deployment: str, replicas: int) -> None:
        """Want another number of pods, as an autoscaler does."""
        self._do(lambda: self._deployments[deployment].scale(replicas))

    def kill(self, pod: str) -> None:
        """Kill a pod's first process at once."""
        self._do(lambda: self._pod(pod).kill())

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group` as Kubernetes' API shows it; `kind` is the plural in lower case.

        Raises:
            KeyError: there is none.
        """
        known: Mapping[str, Mapping[str, Deployment | Job]] = {
            "apps/deployments": self._deployments,
            "batch/jobs": self._jobs,
        }
        return self._do(lambda: known[f"{group}/{kind}"][name].as_object())

    def pods(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the pods that carry all of `labels`, as Kubernetes' API shows them."""
        return self._do(lambda: [pod.as_object() for pod in self._all_pods() if labels.items() <= pod.labels.items()])

    def logs(self, pod: str) -> str:
        """Return all that a pod's container has said."""
        return self._call(self._pod(pod).logs(_ALL_LINES))

    async def _open(self) -> None:
        await self._engine.open()
        dns = await names.serve(self.address, self._lookup())
        self._services = [asyncio.create_task(self._control(dns))]

    async def _close(self) -> None:
        for task in self._services:
            task.cancel()
        await asyncio.gather(*self._services, return_exceptions=True)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._engine.close()

    async def _control(self, dns: asyncio.BaseTransport) -> None:
        """Have every controller take its steps, whenever something has changed."""
        try:
            while True:
                for controller in self._controllers():
                    controller.reconcile()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), _BEAT)
                self._changed.clear()
        finally:
            dns.close()

    def _apply(self, manifest: Manifest) -> None:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        self._objects[kind, name] = manifest
        if kind == "Deployment":
            new = Deployment(self._start, self._end)
            self._deployments.setdefault(name, new).apply(manifest, self._fewest(name))
        elif kind == "HorizontalPodAutoscaler" and manifest["spec"]["scaleTargetRef"]["name"] in self._deployments:
            target = self._deployments[manifest["spec"]["scaleTargetRef"]["name"]]
            target.scale(max(target.manifest["spec"]["replicas"], manifest["spec"]["minReplicas"]))
        elif kind == "Job":
            self._jobs.setdefault(name, Job(manifest, self._start, self._end))
        self._changed.set()

    def _delete(self, manifest: Manifest) -> None:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        self._objects.pop((kind, name), None)
        controllers: dict[str, Any] = self._deployments if kind == "Deployment" else self._jobs
        if kind in {"Deployment", "Job"} and name in controllers:
            for pod in controllers.pop(name).pods:
                self._end(pod)

    def _fewest(self, deployment: str) -> int:
        """Return how many pods a Deployment's autoscaler wants at least."""
        scaler = self._objects.get(("HorizontalPodAutoscaler", deployment))
        return int(scaler["spec"]["minReplicas"]) if scaler else 1

    def _expose(self, service: str, port: int, health_path: str) -> None:
        self._entrance = Entrance(
            port=port, health_path=health_path, ready=lambda: self._endpoints(service), resolver=self.address
        )
        self._services.append(asyncio.create_task(self._entrance.run()))

    def _lookup(self) -> names.Lookup:
        """Return what the node's DNS answers: Services as the cluster's DNS does, and the entrance's pods."""
        services = names.kept(self._service)
        return lambda name: self._targets() if name == entrance.HOST else services(name)

    def _targets(self) -> list[str]:
        return self._entrance.healthy() if self._entrance else []

    def _service(self, name: str) -> list[str] | None:
        for kind, service in self._objects:
            manifest = self._objects[kind, service]
            if kind == "Service" and name == f"{service}.{manifest['metadata']['namespace']}.svc.{CLUSTER_DOMAIN}":
                return self._endpoints(service)
        return None

    def _endpoints(self, service: str) -> list[str]:
        """Return the addresses of a Service's pods that are ready, and not told to end."""
        if ("Service", service) not in self._objects:
            return []
        selector = self._objects["Service", service]["spec"]["selector"]
        return [
            pod.address
            for pod in self._all_pods()
            if pod.address and pod.ready and not pod.terminating and selector.items() <= pod.labels.items()
        ]

    def _start(self, manifest: dict[str, Any]) -> Pod:
        return Pod(manifest, engine=self._engine, found=self._objects, changed=self._changed.set)

    def _end(self, pod: Pod) -> None:
        self._endings[pod] = asyncio.create_task(pod.terminate())
        self._endings[pod].add_done_callback(lambda _: self._endings.pop(pod))

    def _controllers(self) -> list[Deployment | Job]:
        return [*self._deployments.values(), *self._jobs.values()]

    def _all_pods(self) -> list[Pod]:
        return [pod for owner in self._controllers() for pod in owner.pods]

    def _pod(self, name: str) -> Pod:
        return next(pod for pod in self._all_pods() if pod.name == name)

    def _do(self, work: Callable[[], _Result]) -> _Result:
        """Do something in the node's thread."""

        async def done() -> _Result:
            return work()

        return self._call(done())

    def _call(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
