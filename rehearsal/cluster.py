"""What the scenes and the rehearsal want of a cluster, whether this machine plays it or it is a real one."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from rehearsal.manifests import Manifest


class Cluster(Protocol):
    """A namespace of a cluster. Objects are what Kubernetes' API shows."""

    @property
    def url(self) -> str:
        """Where users find the application."""
        ...

    def apply(self, manifests: Iterable[Manifest]) -> None:
        """Take objects, in order."""
        ...

    def delete(self, manifests: Iterable[Manifest]) -> None:
        """Delete objects, and what came of them."""
        ...

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group`; `kind` is the plural in lower case."""
        ...

    def pods(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the pods that carry all of `labels`."""
        ...

    def logs(self, pod: str) -> str:
        """Return all that a pod has said."""
        ...

    def scale(self, deployment: str, replicas: int) -> None:
        """Want another number of pods."""
        ...

    def kill(self, pod: str) -> None:
        """End a pod, or its process, at once and without a word."""
        ...
