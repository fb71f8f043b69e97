"""The Job controller: a pod that must end well, tried again a few times."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from rehearsal.manifests import Manifest
from rehearsal.node import template
from rehearsal.node.pod import Pod

_TRIES_AGAIN = 6
_FIRST_BACK_OFF = 10.0


class Job:
    """A Job and its pods.

    Attributes:
        pods: all that have been tried.
    """

    def __init__(
        self,
        manifest: Manifest,
        start: Callable[[dict[str, Any]], Pod],
        end: Callable[[Pod], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Describe the Job that `manifest` tells of; `start` starts a pod, `end` has one end."""
        self.manifest = manifest
        self.pods: list[Pod] = []
        self._start, self._end, self._clock = start, end, clock
        self._begun = clock()
        self._next_try = 0.0
        self._condition: dict[str, str] = {}

    def reconcile(self) -> None:
        """Take the next step towards one pod that has ended well."""
        if self._condition:
            return
        failed = [pod for pod in self.pods if pod.exit_code]
        if any(pod.exit_code == 0 for pod in self.pods):
            self._condition = {"type": "Complete", "status": "True"}
        elif len(failed) > self.manifest["spec"].get("backoffLimit", _TRIES_AGAIN):
            self._fail("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        elif self._clock() - self._begun > self.manifest["spec"].get("activeDeadlineSeconds", float("inf")):
            self._fail("DeadlineExceeded", "Job was active longer than specified deadline")
        elif len(failed) == len(self.pods):
            self._try(len(failed))

    def as_object(self) -> dict[str, Any]:
        """Return the Job as Kubernetes' API shows it."""
        labels = {"batch.kubernetes.io/job-name": self.manifest["metadata"]["name"]}
        status = {
            "succeeded": sum(pod.exit_code == 0 for pod in self.pods),
            "failed": sum(bool(pod.exit_code) for pod in self.pods),
            "conditions": [self._condition] if self._condition else [],
        }
        spec = {**self.manifest["spec"], "selector": {"matchLabels": labels}}
        return {**self.manifest, "spec": spec, "status": status}

    def _try(self, failures: int) -> None:
        """Start another pod; after a failure only when it was waited long enough."""
        if failures and not self._next_try:
            self._next_try = self._clock() + _FIRST_BACK_OFF * 2 ** (failures - 1)
        if self._clock() >= self._next_try:
            self._next_try = 0.0
            name = f"{self.manifest['metadata']['name']}-{failures + 1}"
            self.pods.append(self._start(template.pod(name, self.manifest)))

    def _fail(self, reason: str, message: str) -> None:
        self._condition = {"type": "Failed", "status": "True", "reason": reason, "message": message}
        for pod in self.pods:
            self._end(pod)
