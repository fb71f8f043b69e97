"""Pods as a Deployment's or Job's template describes them, in the words that Podman understands."""

import copy
from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import yaml

from rehearsal import RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node.engine import Find

REVISION = "pod-template-hash"
"""The label that Kubernetes tells a Deployment's revisions apart by."""

CLUSTER_DOMAIN = "cluster.local"

_LONGEST_HOSTNAME = 63

_DONE_BY_THE_NODE = ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle")
"""What Podman misreads: it would publish ports, and ask the liveness probe with a program that the image lacks."""


def revision(template: Manifest) -> str:
    """Return what tells this template from every other."""
    return sha256(yaml.safe_dump(template).encode()).hexdigest()[:10]


def pod(name: str, workload: Manifest) -> dict[str, Any]:
    """Return the pod called `name` as Kubernetes' API would show it, before anything has come of it."""
    template = workload["spec"]["template"]
    labels = {**template["metadata"].get("labels", {}), REVISION: revision(template)}
    if workload["kind"] == "Job":
        labels["batch.kubernetes.io/job-name"] = workload["metadata"]["name"]
    metadata = {"name": name, "namespace": workload["metadata"]["namespace"], "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}


def for_podman(name: str, pod: Manifest, found: Find, resolver: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the pod and its ConfigMaps as Podman is to start them; `name` is what it is called there.

    Its security context, resources and volumes stay as they are. Names become the pod's own, for Podman would share
    an `emptyDir` between all pods; and the node does itself what Podman leaves out.

    Raises:
        RehearsalError: a ConfigMap or Secret that the pod needs does not exist.
    """
    told = copy.deepcopy(dict(pod))
    told["metadata"]["name"] = name
    namespace = pod["metadata"]["namespace"]
    domains = [f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN]
    own = {option["name"]: option.get("value") for option in pod["spec"].get("dnsConfig", {}).get("options", [])}
    options = [{"name": name, "value": value} for name, value in ({"ndots": "5"} | own).items()]
    told["spec"] |= {
        "hostname": pod["metadata"]["name"][:_LONGEST_HOSTNAME].rstrip("-."),  # as Kubernetes does
        "restartPolicy": "Never",
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": [resolver], "searches": domains, "options": options},
    }
    config_maps = []
    for volume in told["spec"].get("volumes", []):
        volume["name"] = f"{name}-{volume['name']}"
        if "configMap" in volume:
            config_map = copy.deepcopy(dict(needed(found, "ConfigMap", volume["configMap"]["name"])))
            volume["configMap"]["name"] = config_map["metadata"]["name"] = f"{name}-{config_map['metadata']['name']}"
            config_maps.append(config_map)
    for container in told["spec"]["containers"]:
        for mount in container.get("volumeMounts", []):
            mount["name"] = f"{name}-{mount['name']}"
        container["env"] = environment(container, found)
        for key in _DONE_BY_THE_NODE:
            container.pop(key, None)
    return told, config_maps


def environment(container: Mapping[str, Any], found: Find) -> list[dict[str, Any]]:
    """Return a container's environment variables, each with its value.

    Raises:
        RehearsalError: a Secret that one is taken from does not exist.
    """
    return [_settled(entry, found) for entry in container.get("env", [])]


def _settled(entry: Mapping[str, Any], found: Find) -> dict[str, Any]:
    """Return an environment variable with its value; Podman has another idea of Secrets."""
    if "valueFrom" not in entry:
        return dict(entry)
    reference = entry["valueFrom"]["secretKeyRef"]
    secret = needed(found, "Secret", reference["name"])
    plain, encoded = secret.get("stringData", {}), secret.get("data", {})
    key = reference["key"]
    return {"name": entry["name"], "value": plain[key] if key in plain else b64decode(encoded[key]).decode()}


def needed(found: Find, kind: str, name: str) -> Manifest:
    """Return the object that a pod refers to.

    Raises:
        RehearsalError: it does not exist.
    """
    if (kind, name) not in found:
        raise RehearsalError(f"{kind} {name} does not exist, and a pod needs it; apply it first")
    return found[kind, name]
