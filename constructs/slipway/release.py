"""One release of the application in the cluster."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from slipway.rollout_gate import RolloutGate

Manifest = Mapping[str, Any]


class Release(Construct):
    """Kubernetes objects, applied in order, and the cluster's verdict on them.

    Each step waits for the one before it. Within a step ConfigMaps come first, Jobs last; a Job must have succeeded
    before the next step. When all is applied, every Deployment must have rolled out.

    Guarantees: what cannot be changed in place, a Job or a ConfigMap named after its content, is a resource of its
    own whose logical ID carries its name. A new release so makes new ones beside the old; a roll-back takes away only
    the new; the old go in CloudFormation's clean-up, when all else has succeeded. A Job's name is made to carry the
    hash of all that it says, the image included, so that a changed Job is always a new one. The same holds for what
    waits: an unchanged release waits for nothing, a roll-back runs no Job and asks for no verdict.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        steps: Mapping[str, Sequence[Manifest]],
        gate: RolloutGate,
        fewest: int,
        after: Sequence[IDependable] = (),
    ) -> None:
        """Define the release.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            cluster: where the objects go.
            steps: each step's objects by the step's name, in the order to apply them.
            gate: waits for the cluster's verdict.
            fewest: pods that every Deployment must have.
            after: what must exist before the first step, such as pods' roles.
        """
        super().__init__(scope, id_)
        self._cluster = cluster
        self._last: Sequence[IDependable] = after
        for name, objects in steps.items():
            for config_map in _of_kind(objects, "ConfigMap"):
                self._apply(f"ConfigMap-{config_map['metadata']['name']}", [config_map])
            lasting = [item for item in objects if item["kind"] not in {"ConfigMap", "Job"}]
            if lasting:
                self._apply(name, lasting)
            for job in map(self._named_after_content, _of_kind(objects, "Job")):
                self._apply(f"Job-{job['metadata']['name']}", [job])
                self._await(gate.wait(f"Await-{name}", release=self._text([job]), jobs=[job["metadata"]["name"]]))
        everything = [item for objects in steps.values() for item in objects]
        deployments = [item["metadata"]["name"] for item in _of_kind(everything, "Deployment")]
        self._await(gate.wait("Await-rollout", release=self._text(everything), deployments=deployments, fewest=fewest))

    def _apply(self, id_: str, objects: Sequence[Manifest]) -> None:
        manifest = eks.KubernetesManifest(
            self, id_, cluster=self._cluster, manifest=list(objects), overwrite=True, prune=False
        )
        self._await(manifest)

    def _await(self, step: Construct) -> None:
        step.node.add_dependency(*self._last)
        self._last = [step]

    def _text(self, objects: Sequence[Manifest]) -> str:
        return json.dumps(Stack.of(self).resolve(list(objects)), sort_keys=True)

    def _named_after_content(self, job: Manifest) -> Manifest:
        digest = sha256(self._text([job]).encode()).hexdigest()[:10]
        return {**job, "metadata": {**job["metadata"], "name": f"{job['metadata']['name']}-{digest}"}}


def _of_kind(objects: Iterable[Manifest], kind: str) -> list[Manifest]:
    return [item for item in objects if item["kind"] == kind]
