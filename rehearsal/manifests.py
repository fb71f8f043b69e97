"""The synthesised manifests, read back as Kubernetes would read them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Manifest = Mapping[str, Any]


def read(directory: Path) -> list[Manifest]:
    """Return every object in the directory's YAML files, in the order in which they are applied."""
    return [
        manifest
        for path in sorted(directory.glob("*.yaml"))
        for manifest in yaml.safe_load_all(path.read_text())
        if manifest
    ]


def of_kind(manifests: list[Manifest], kind: str) -> Iterator[Manifest]:
    """Yield the objects of one kind."""
    return (manifest for manifest in manifests if manifest["kind"] == kind)


def container(workload: Manifest) -> Manifest:
    """Return the one container of a Deployment's or Job's pods."""
    containers: list[Manifest] = workload["spec"]["template"]["spec"]["containers"]
    (only,) = containers
    return only


def environment(workload: Manifest) -> dict[str, str]:
    """Return the literal environment variables of the workload's container."""
    return {entry["name"]: entry["value"] for entry in container(workload).get("env", []) if "value" in entry}


def addresses(manifests: list[Manifest]) -> dict[str, str]:
    """Return the `host:port` of every Service, by the Service's name."""
    return {
        service["metadata"]["name"]: (
            f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc.cluster.local"
            f":{service['spec']['ports'][0]['port']}"
        )
        for service in of_kind(manifests, "Service")
    }
