"""What the node was told, and who makes it true: objects, their controllers, and the pods behind each Service."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from rehearsal.manifests import Manifest
from rehearsal.node.deployments import Deployment
from rehearsal.node.engine import Engine
from rehearsal.node.jobs import Job
from rehearsal.node.pod import Pod
from rehearsal.node.template import CLUSTER_DOMAIN

_BEAT = 0.25  # seconds after which time itself may have changed something


class Control:
    """The objects of one namespace, and a controller for each Deployment and Job among them.

    Everything here happens in the node's event loop.
    """

    def __init__(self, engine: Engine) -> None:
        """Describe a namespace of nothing yet, whose pods `engine` runs."""
        self._engine = engine
        self._changed = asyncio.Event()
        self._objects: dict[tuple[str, str], Manifest] = {}
        self._deployments: dict[str, Deployment] = {}
        self._jobs: dict[str, Job] = {}
        self._endings: dict[Pod, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Have every controller take its steps, whenever something has changed, until cancelled."""
        while True:
            for controller in self._controllers():
                controller.reconcile()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _BEAT)
            self._changed.clear()

    def apply(self, manifest: Manifest) -> None:
        """Take an object, and begin to make it true."""
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        self._objects[kind, name] = manifest
        if kind == "Deployment":
            new = Deployment(self._start, self._end, most=self._engine.most_pods)
            self._deployments.setdefault(name, new).apply(manifest, self._fewest(name))
        elif kind == "HorizontalPodAutoscaler" and manifest["spec"]["scaleTargetRef"]["name"] in self._deployments:
            target = self._deployments[manifest["spec"]["scaleTargetRef"]["name"]]
            fewest, most = manifest["spec"]["minReplicas"], manifest["spec"]["maxReplicas"]
            target.scale(min(max(target.manifest["spec"]["replicas"], fewest), most))
        elif kind == "Job":
            self._jobs.setdefault(name, Job(manifest, self._start, self._end))
        self._changed.set()

    def delete(self, manifest: Manifest) -> None:
        """Forget an object, and end what came of it."""
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        self._objects.pop((kind, name), None)
        if kind == "Pod":
            self._end(self.pod(name))
        controllers: dict[str, Any] = self._deployments if kind == "Deployment" else self._jobs
        if kind in {"Deployment", "Job"} and name in controllers:
            for pod in controllers.pop(name).pods:
                self._end(pod)

    def scale(self, deployment: str, replicas: int) -> None:
        """Want another number of pods of a Deployment."""
        self._deployments[deployment].scale(replicas)
        self._changed.set()

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group` as Kubernetes' API shows it; `kind` is the plural in lower case.

        Raises:
            KeyError: there is none.
        """
        known: Mapping[str, Mapping[str, Deployment | Job]] = {
            "apps/deployments": self._deployments,
            "batch/jobs": self._jobs,
        }
        return known[f"{group}/{kind}"][name].as_object()

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind as Kubernetes' API shows them, pods too."""
        controllers: Mapping[str, Mapping[str, Deployment | Job]] = {"Deployment": self._deployments, "Job": self._jobs}
        if kind == "Pod":
            return [pod.as_object() for pod in self.pods()]
        if kind in controllers:
            return [controller.as_object() for controller in controllers[kind].values()]
        return [dict(manifest) for (other, _), manifest in self._objects.items() if other == kind]

    def pods(self) -> list[Pod]:
        """Return all pods, those that are ending too."""
        return [pod for owner in self._controllers() for pod in owner.pods]

    def pod(self, name: str) -> Pod:
        """Return the pod of that name."""
        return next(pod for pod in self.pods() if pod.name == name)

    def endpoints(self, service: str) -> list[str]:
        """Return the addresses of a Service's pods that are ready, and not told to end."""
        if ("Service", service) not in self._objects:
            return []
        selector = self._objects["Service", service]["spec"]["selector"]
        return [
            pod.address
            for pod in self.pods()
            if pod.address and pod.ready and not pod.terminating and selector.items() <= pod.labels.items()
        ]

    def lookup(self, name: str) -> list[str] | None:
        """Return what a headless Service's name in DNS leads to; None where no Service is called so."""
        for (kind, service), manifest in self._objects.items():
            if kind == "Service" and name == f"{service}.{manifest['metadata']['namespace']}.svc.{CLUSTER_DOMAIN}":
                return self.endpoints(service)
        return None

    def _fewest(self, deployment: str) -> int:
        """Return how many pods a Deployment's autoscaler wants at least."""
        scaler = self._objects.get(("HorizontalPodAutoscaler", deployment))
        return int(scaler["spec"]["minReplicas"]) if scaler else 1

    def _start(self, manifest: dict[str, Any]) -> Pod:
        return Pod(manifest, engine=self._engine, found=self._objects, changed=self._changed.set)

    def _end(self, pod: Pod) -> None:
        self._endings[pod] = asyncio.create_task(pod.terminate())
        self._endings[pod].add_done_callback(lambda _: self._endings.pop(pod))

    def _controllers(self) -> list[Deployment | Job]:
        return [*self._deployments.values(), *self._jobs.values()]
