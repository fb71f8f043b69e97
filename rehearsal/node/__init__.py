"""A node: how this machine runs what a cluster was told.

Manifests go in as a cluster gets them. An engine runs the pods: Podman, under their security contexts and limits, or
processes, one a Deployment, where there is no Podman. What it leaves out is done here as Kubernetes does it:
Deployments, Jobs, probes, preStop, grace, restarts, Services in DNS, and a load balancer in front. Network policies are
not enforced, nothing is scheduled to places, and nobody measures load.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from functools import partial
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from rehearsal import RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node import entrance, names
from rehearsal.node.control import Control
from rehearsal.node.engine import Engine
from rehearsal.node.entrance import Entrance

_ALL_LINES = 1_000_000
_PIECE = 64 * 1024

_Result = TypeVar("_Result")


class Node:
    """A cluster of one namespace on this machine, with its controllers in a thread of their own.

    As a context manager it starts, and whatever happens it leaves no container, network or process.

    Args:
        engine: what runs its pods.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="node", daemon=True)
        self._control = Control(self._engine)
        self._entrance: Entrance | None = None
        self._dns: asyncio.BaseTransport | None = None
        self._leads: list[asyncio.Server] = []
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
        return self._engine.address

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
            self._do(partial(self._control.apply, self._engine.adapt(manifest)))

    def delete(self, manifests: Iterable[Manifest]) -> None:
        """Forget objects, and end what came of them."""
        for manifest in manifests:
            self._do(partial(self._control.delete, manifest))

    def expose(self, service: str, *, port: int, health_path: str, listen: int | None = None) -> None:
        """Let users in to the pods of a Service.

        Args:
            service: its name.
            port: the pods' port.
            health_path: what the entrance asks them for.
            listen: the entrance's own port on 127.0.0.1; chosen if it is not given.
        """
        self._do(lambda: self._expose(service, port, health_path, listen))

    def lead(self, port: int) -> None:
        """Lead pods that connect to this machine's address at `port` to the same port of 127.0.0.1.

        Raises:
            OSError: another program listens there.
        """
        self._call(self._lead(port))

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
        if self._engine.asks_dns:
            self._dns = await names.serve(self.address, self._lookup())
        self._tasks.add(asyncio.create_task(self._control.run()))

    async def _close(self) -> None:
        if self._dns:
            self._dns.close()
        for lead in self._leads:
            lead.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._engine.close()

    async def _lead(self, port: int) -> None:
        self._leads.append(await asyncio.start_server(partial(_pass_on, port), self.address, port))

    def _expose(self, service: str, port: int, health_path: str, listen: int | None) -> None:
        self._entrance = Entrance(
            port=port,
            listen=listen,
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


async def _pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on a connection to a port of 127.0.0.1, in both directions, until either side ends it."""
    try:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # nobody listens there
        writer.close()
        return
    await asyncio.gather(_pour(reader, there_writer), _pour(there_reader, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
