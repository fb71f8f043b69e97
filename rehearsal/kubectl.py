"""A real cluster, by kubectl and the current kubeconfig."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from rehearsal import RehearsalError
from rehearsal.manifests import Manifest


class Kubectl:
    """One namespace of the cluster that kubectl speaks to.

    Attributes:
        url: where users find the application.
    """

    def __init__(self, *, namespace: str, url: str) -> None:
        """Describe it; `url` is that of whatever load balancer stands before the pods."""
        self.url = url
        self._namespace = namespace

    def apply(self, manifests: Iterable[Manifest]) -> None:
        """Take objects, in order."""
        kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", given=yaml.safe_dump_all(manifests))

    def delete(self, manifests: Iterable[Manifest]) -> None:
        """Delete objects, and what came of them."""
        kubectl("delete", "--ignore-not-found", "--filename=-", given=yaml.safe_dump_all(manifests))

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group`; `kind` is the plural in lower case."""
        path = f"/apis/{group}/v1/namespaces/{self._namespace}/{kind}/{name}"
        return dict(json.loads(kubectl("get", "--raw", path)))

    def pods(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the pods that carry all of `labels`."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return list(json.loads(self._here("get", "pods", f"--selector={selector}", "--output=json"))["items"])

    def logs(self, pod: str) -> str:
        """Return what a pod has said, as far as its node still knows it."""
        return self._here("logs", pod)

    def scale(self, deployment: str, replicas: int) -> None:
        """Want another number of pods, through the Deployment's autoscaler: it would undo anything else."""
        bounds = {"spec": {"minReplicas": replicas, "maxReplicas": replicas}}
        self._here("patch", f"horizontalpodautoscaler/{deployment}", "--type=merge", f"--patch={json.dumps(bounds)}")

    def kill(self, pod: str) -> None:
        """End a pod at once and without a word; nobody outside can kill a process of its."""
        self._here("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")

    def _here(self, *arguments: str) -> str:
        return kubectl(f"--namespace={self._namespace}", *arguments)


def kubectl(*arguments: str, given: str = "") -> str:
    """Run kubectl and return what it prints.

    Raises:
        RehearsalError: it is missing, or was refused.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["kubectl", *arguments],  # noqa: S607 - the user's own
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise RehearsalError("no kubectl here, which CLUSTER=1 needs; install that of your cluster's version") from None
    if done.returncode:
        complaint = (done.stderr.strip() or "it does not say why").splitlines()[-1]
        raise RehearsalError(f"kubectl {' '.join(arguments)} failed: {complaint}")
    return done.stdout
