"""The Deployment controller: as many pods as wanted, all of the newest revision, replaced as the strategy says."""

import math
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from rehearsal.manifests import Manifest
from rehearsal.node import template
from rehearsal.node.pod import Pod

_PROGRESS_SECONDS = 600


class Deployment:
    """A Deployment and its pods.

    Attributes:
        manifest: what it is told to be, with the number of pods that is wanted now.
        pods: all of them, those that are ending too.
    """

    def __init__(
        self,
        start: Callable[[dict[str, Any]], Pod],
        end: Callable[[Pod], None],
        clock: Callable[[], float] = monotonic,
        most: int | None = None,
    ) -> None:
        """Describe a Deployment of nothing yet.

        Args:
            start: starts a pod.
            end: has one end.
            clock: tells the time in seconds.
            most: pods that can be here. If more are wanted, these stand for all of them.
        """
        self.manifest: dict[str, Any] = {}
        self.pods: list[Pod] = []
        self._start, self._end, self._clock, self._most = start, end, clock, most
        self._generation = self._seen = self._made = 0
        self._revision = ""
        self._progress: tuple[int, ...] = ()
        self._progressed = self._clock()

    def apply(self, manifest: Manifest, fewest: int) -> None:
        """Take what it is to be from now on.

        Args:
            manifest: the Deployment as it was written.
            fewest: pods that its autoscaler wants at least, where it leaves the number to one.
        """
        replicas = manifest["spec"].get("replicas") or self.manifest.get("spec", {}).get("replicas") or fewest
        self._become({**manifest, "spec": {**manifest["spec"], "replicas": max(replicas, fewest)}})

    def scale(self, replicas: int) -> None:
        """Want another number of pods, as an autoscaler does."""
        self._become({**self.manifest, "spec": {**self.manifest["spec"], "replicas": replicas}})

    def reconcile(self) -> None:
        """Take the next step towards what is wanted."""
        self._seen = self._generation
        self.pods = [pod for pod in self.pods if not pod.gone]
        wanted, alive = self._wanted, self._alive()
        new = [pod for pod in alive if self._is_new(pod)]
        old = [pod for pod in alive if not self._is_new(pod)]
        for pod in _least_useful(new)[: max(0, len(new) - wanted)]:
            self._end(pod)
            new.remove(pod)
        if self.manifest["spec"].get("strategy", {}).get("type") == "Recreate":
            self._recreate(old, wanted - len(new))
        else:
            self._roll(old, new, wanted)
        progress = (self._generation, len(new), sum(map(self._is_available, new)), -len(old))
        if progress != self._progress:
            self._progress, self._progressed = progress, self._clock()

    def as_object(self) -> dict[str, Any]:
        """Return the Deployment as Kubernetes' API shows it."""
        alive = self._alive()
        status = {
            "observedGeneration": self._seen,
            "replicas": self._told(len(alive)),
            "updatedReplicas": self._told(sum(map(self._is_new, alive))),
            "readyReplicas": self._told(sum(pod.ready for pod in alive)),
            "availableReplicas": self._told(sum(map(self._is_available, alive))),
            "conditions": [self._progressing()],
        }
        metadata = {**self.manifest["metadata"], "generation": self._generation}
        return {**self.manifest, "metadata": metadata, "status": status}

    @property
    def _wanted(self) -> int:
        """Pods that are to be here."""
        replicas: int = self.manifest["spec"]["replicas"]
        return replicas if self._most is None else min(replicas, self._most)

    def _told(self, pods: int) -> int:
        """Return for how many pods so many stand."""
        return int(self.manifest["spec"]["replicas"]) if pods == self._wanted else pods

    def _become(self, manifest: dict[str, Any]) -> None:
        if manifest != self.manifest:
            self.manifest, self._generation = manifest, self._generation + 1
            self._revision = template.revision(manifest["spec"]["template"])

    def _recreate(self, old: Sequence[Pod], missing: int) -> None:
        """End all old pods, and start new ones when nothing is left of those."""
        for pod in old:
            self._end(pod)
        if all(map(self._is_new, self.pods)):
            for _ in range(missing):
                self._add()

    def _roll(self, old: Sequence[Pod], new: Sequence[Pod], wanted: int) -> None:
        """Start as many new pods, and end as many old ones, as the bounds allow."""
        surge, unavailable = self._bounds(wanted) if old else (0, wanted)
        for _ in range(max(0, min(wanted - len(new), wanted + surge - len(new) - len(old)))):
            self._add()
        self._take_away(old, new, keep=wanted - unavailable)

    def _take_away(self, old: Sequence[Pod], new: Sequence[Pod], keep: int) -> None:
        """End old pods: first those that serve nobody, then as many as leave `keep` that serve."""
        useless = [pod for pod in old if not self._is_available(pod)]
        room = len(old) + len(new) - keep - sum(not self._is_available(pod) for pod in new)
        serving = [pod for pod in old if self._is_available(pod)]
        spare = sum(map(self._is_available, [*old, *new])) - keep
        for pod in [*useless[: max(0, room)], *serving[: max(0, spare)]]:
            self._end(pod)

    def _add(self) -> None:
        self._made += 1
        name = f"{self.manifest['metadata']['name']}-{self._revision}-{self._made}"
        self.pods.append(self._start(template.pod(name, self.manifest)))

    def _alive(self) -> list[Pod]:
        return [pod for pod in self.pods if not pod.terminating]

    def _is_new(self, pod: Pod) -> bool:
        return pod.labels[template.REVISION] == self._revision

    def _is_available(self, pod: Pod) -> bool:
        return pod.ready and self._clock() - pod.ready_since >= self.manifest["spec"].get("minReadySeconds", 0)

    def _bounds(self, wanted: int) -> tuple[int, int]:
        """Return how many pods more, and how many fewer that serve, a roll-out may have."""
        told = self.manifest["spec"].get("strategy", {}).get("rollingUpdate", {})
        surge = _share(told.get("maxSurge", "25%"), wanted, math.ceil)
        return surge, _share(told.get("maxUnavailable", "25%"), wanted, math.floor)

    def _progressing(self) -> dict[str, str]:
        patience = self.manifest["spec"].get("progressDeadlineSeconds", _PROGRESS_SECONDS)
        wanted = self._wanted
        complete = self._progress[1:] == (wanted, wanted, 0)
        if not complete and self._clock() - self._progressed > patience:
            return {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        reason = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
        return {"type": "Progressing", "status": "True", "reason": reason}


def _share(told: int | str, wanted: int, rounded: Callable[[float], int]) -> int:
    """Return a number of pods that is given as such or in per cent."""
    return told if isinstance(told, int) else rounded(wanted * int(told.rstrip("%")) / 100)


def _least_useful(pods: Sequence[Pod]) -> list[Pod]:
    """Return the pods in the order in which they are taken away: those not ready first, then the youngest."""
    return sorted(pods, key=lambda pod: (pod.ready, -pods.index(pod)))
