"""A node: how this machine runs what a cluster was told.

Manifests go in as a cluster gets them. Podman runs the pods under their security contexts and limits; what it leaves
out is done here as Kubernetes does it: Deployments, Jobs, probes, preStop, grace, restarts, Services in DNS, and a load
balancer in front. Network policies are not enforced, nothing is scheduled to places, and nobody measures load.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from hashlib import sha256
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from rehearsal import ROOT, RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node import entrance, names
from rehearsal.node.control import Control
from rehearsal.node.engine import Engine
from rehearsal.node.entrance import Entrance

_ALL_LINES = 1_000_000

_Result = TypeVar("_Result")


class Node:
    """A cluster of one namespace on this machine, with its controllers in a thread of their own.

    As a context manager it starts, and whatever happens it leaves no container, network or process.

    Args:
        name: what tells it from other nodes of this clone.
    """

    def __init__(self, name: str) -> None:
        self._engine = Engine(f"slipway-{name}-{sha256(str(ROOT).encode()).hexdigest()[:6]}")
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="node", daemon=True)
        self._control = Control(self._engine)
        self._entrance: Entrance | None = None
        self._dns: asyncio.BaseTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

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
            self._do(partial(self._control.apply, manifest))

    def delete(self, manifests: Iterable[Manifest]) -> None:
        """Forget objects, and end what came of them."""
        for manifest in manifests:
            self._do(partial(self._control.delete, manifest))

    def expose(self, service: str, *, port: int, health_path: str) -> None:
        """Let users in to the pods of a Service, at their `port`; `health_path` is what the entrance asks them for."""
        self._do(lambda: self._expose(service, port, health_path))

    def scale(self, deployment: str, replicas: int) -> None:
        """Want another number of pods, as an autoscaler does."""
        self._do(lambda: self._control.scale(deployment, replicas))

    def kill(self, pod: str) -> None:
        """Kill a pod's first process at once."""
        self._do(lambda: self._control.pod(pod).kill())

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group` as Kubernetes' API shows it; `kind` is the plural in lower case.

        Raises:
            KeyError: there is none.
        """
        return self._do(lambda: self._control.get(group, kind, name))

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind as Kubernetes' API shows them, pods too."""
        return self._do(lambda: self._control.objects(kind))

    def pods(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the pods that carry all of `labels`, as Kubernetes' API shows them."""
        return self._do(
            lambda: [pod.as_object() for pod in self._control.pods() if labels.items() <= pod.labels.items()]
        )

    def logs(self, pod: str) -> str:
        """Return all that a pod's container has said."""
        return self._call(self._control.pod(pod).logs(_ALL_LINES))

    async def _open(self) -> None:
        await self._engine.open()
        self._dns = await names.serve(self.address, self._lookup())
        self._tasks.add(asyncio.create_task(self._control.run()))

    async def _close(self) -> None:
        if self._dns:
            self._dns.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._engine.close()

    def _expose(self, service: str, port: int, health_path: str) -> None:
        self._entrance = Entrance(
            port=port,
            health_path=health_path,
            ready=lambda: self._control.endpoints(service),
            resolver=self.address,
        )
        self._tasks.add(asyncio.create_task(self._entrance.run()))

    def _lookup(self) -> names.Lookup:
        """Return what the node's DNS answers: Services as the cluster's DNS does, and the entrance's pods."""
        services = names.kept(self._control.lookup)
        return lambda name: self._targets() if name == entrance.HOST else services(name)

    def _targets(self) -> list[str]:
        return self._entrance.healthy() if self._entrance else []

    def _do(self, work: Callable[[], _Result]) -> _Result:
        """Do something in the node's thread."""

        async def done() -> _Result:
            return work()

        return self._call(done())

    def _call(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
