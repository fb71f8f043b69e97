"""The seam between what the node was told and how this machine runs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from rehearsal.manifests import Manifest

Find = Mapping[tuple[str, str], Manifest]
"""Objects by kind and name."""

LOG_LINES = 20


class Running(NamedTuple):
    """A container that runs: its main process, and the pod's address."""

    pid: int
    address: str


class Engine(Protocol):
    """Runs pods of one container each, which it knows by the pods' names."""

    @property
    def address(self) -> str:
        """This machine's address as pods see it; the cluster's DNS is there, too."""
        ...

    @property
    def subnet(self) -> str:
        """The addresses of all pods."""
        ...

    def addresses(self) -> Iterator[str]:
        """Yield addresses of this machine's own that pods reach, no two alike, for servers that share a port."""
        ...

    @property
    def asks_dns(self) -> bool:
        """Whether pods find Services by the cluster's DNS; where not, the engine tells them their addresses."""
        ...

    @property
    def most_pods(self) -> int | None:
        """Pods of a Deployment that can be here, which stand for all where more are wanted; None for any number."""
        ...

    async def open(self) -> None:
        """Get ready, after having removed what a killed run has left.

        Raises:
            RehearsalError: this machine lacks something.
        """
        ...

    async def close(self) -> None:
        """Remove every pod."""
        ...

    def adapt(self, manifest: Manifest) -> Manifest:
        """Return an object as far as it can be made true here."""
        ...

    async def start(self, pod: Manifest, found: Find) -> None:
        """Start a pod; `found` holds what it refers to.

        Raises:
            RehearsalError: something that it needs does not exist.
        """
        ...

    async def remove(self, pod: str) -> None:
        """Remove a pod, dead or alive, and its volumes; nothing happens if there is none."""
        ...

    async def running(self, pod: str) -> Running:
        """Return where a pod's container runs; its process is 0 if it has ended."""
        ...

    async def exit_code(self, pod: str) -> int:
        """Wait until a pod's container has ended, and return its exit code."""
        ...

    async def restart(self, pod: str) -> None:
        """Start a container that has ended once more, in its pod."""
        ...

    async def stop(self, pod: str, grace: float) -> None:
        """Send the signal that the image asks for, and after `grace` seconds kill what still runs."""
        ...

    async def execute(self, pod: str, command: Sequence[str]) -> None:
        """Run a command in a pod to its end; what comes of it does not matter, as Kubernetes has it."""
        ...

    async def logs(self, pod: str, lines: int = LOG_LINES) -> str:
        """Return the last lines of what a pod has said."""
        ...
