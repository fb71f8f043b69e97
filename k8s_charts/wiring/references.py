"""What a pod is made from: service account, ConfigMaps, Secrets, volumes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from k8s_charts.wiring.view import View, WiringError, Workload


class Reference(NamedTuple):
    """An object that a pod cannot start without.

    Attributes:
        kind: what it is.
        name: what it is called.
        keys: what it must hold.
    """

    kind: str
    name: str
    keys: tuple[str, ...] = ()


def check(view: View, workload: Workload, secrets: Collection[tuple[str, str]]) -> None:
    """Refuse a reference that leads nowhere.

    Raises:
        WiringError: an object does not exist or lacks a key, or a container mounts a volume that the pod has not.
    """
    for reference in sorted(set(_of_pod(workload.spec)) | set(_of_containers(workload))):
        found = view.find(reference.kind, workload.namespace, reference.name)
        if found is None:
            if reference.kind == "Secret" and (workload.namespace, reference.name) in secrets:
                continue
            raise WiringError(f"{workload.name} refers to the {reference.kind} {reference.name}, which does not exist")
        held = {key for part in ("data", "binaryData", "stringData") for key in found.get(part) or {}}
        if missing := set(reference.keys) - held:
            raise WiringError(
                f"{workload.name} refers to {min(missing)} in the {reference.kind} {reference.name}, "
                "which has no such key"
            )
    volumes = {volume["name"] for volume in workload.spec.get("volumes", [])}
    for container in workload.containers:
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                raise WiringError(f"{workload.name} mounts the volume {mount['name']}, which its pod does not have")


def _of_pod(spec: Mapping[str, Any]) -> Iterator[Reference]:
    account = spec.get("serviceAccountName", "default")
    if account != "default":  # each namespace has that one
        yield Reference("ServiceAccount", account)
    for secret in spec.get("imagePullSecrets", []):
        yield Reference("Secret", secret["name"])
    for volume in spec.get("volumes", []):
        if "persistentVolumeClaim" in volume:
            yield Reference("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                if key in source and not source[key].get("optional"):
                    part = source[key]
                    keys = tuple(item["key"] for item in part.get("items", []))
                    yield Reference(kind, part.get("secretName") or part["name"], keys)


def _of_containers(workload: Workload) -> Iterator[Reference]:
    for container in workload.containers:
        for source in container.get("envFrom", []):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source and not source[key].get("optional"):
                    yield Reference(kind, source[key]["name"])
        for variable in container.get("env", []):
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                part = variable.get("valueFrom", {}).get(key)
                if part is not None and not part.get("optional"):
                    yield Reference(kind, part["name"], (part["key"],))
