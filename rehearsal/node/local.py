"""Objects as one process a pod can make them true, where pods have no addresses of their own.

Every port of a pod becomes a port of 127.0.0.1, under which whoever knew the Service's address finds it. There is one
pod of each Deployment, and a new one waits until the old one is gone.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from rehearsal.manifests import Manifest
from rehearsal.node.template import CLUSTER_DOMAIN
from rehearsal.ports import free_port

HOST = "127.0.0.1"

_LOOKS_A_SECOND = 4  # a laptop need not wait for the beat of a start-up probe
_ADDRESS = re.compile(rf"([a-z0-9-]+)\.[a-z0-9-]+\.svc\.{re.escape(CLUSTER_DOMAIN)}:(\d+)")
_LISTEN = re.compile(r"^(\s*listen )(\d+)\b", re.MULTILINE)


class Ports:
    """Which port of this machine stands for which port of which Deployment; chosen once, kept as long as this lives."""

    def __init__(self, known: Mapping[tuple[str, int], int]) -> None:
        """Begin with those that are `known`; all others will be free ones."""
        self._known = dict(known)

    def of(self, name: str, port: int) -> int:
        """Return the port for a Deployment's, or its Service's, which has its name."""
        if (name, port) not in self._known:
            self._known[name, port] = free_port()
        return self._known[name, port]

    def translate(self, text: str) -> str:
        """Return a text with every Service's address replaced by the local one."""
        return _ADDRESS.sub(lambda found: f"{HOST}:{self.of(found[1], int(found[2]))}", text)


def adapt(manifest: Manifest, ports: Ports) -> Manifest:
    """Return an object as it can be made true here."""
    told = copy.deepcopy(dict(manifest))
    match manifest["kind"]:
        case "Deployment":
            told["spec"] |= {"minReadySeconds": 0, "strategy": {"type": "Recreate"}}
            _adapt_pod(told, ports)
        case "Job":
            _adapt_pod(told, ports)
    return told


def configuration(text: str, name: str, ports: Ports) -> str:
    """Return a pod's NGINX configuration, listening here and passing on to here."""
    listening = _LISTEN.sub(lambda found: f"{found[1]}{HOST}:{ports.of(name, int(found[2]))}", text)
    return ports.translate(listening)


def _adapt_pod(workload: dict[str, Any], ports: Ports) -> None:
    """Turn the ports of a workload's pods and of its probes round, and leave out the wait before its end."""
    name = workload["metadata"]["name"]
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    container.pop("lifecycle", None)  # it waits until others have heard that the pod goes; here nobody has to
    for entry in container.get("env", []):
        if "value" in entry:
            entry["value"] = ports.translate(entry["value"])
    for port in container.get("ports", []):
        port["containerPort"] = ports.of(name, port["containerPort"])
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        if kind in container:
            get = container[kind]["httpGet"]
            get["port"] = ports.of(name, get["port"])
    if "startupProbe" in container:
        probe = container["startupProbe"]
        patience = probe.get("failureThreshold", 3) * probe.get("periodSeconds", 10)
        probe |= {"periodSeconds": 1 / _LOOKS_A_SECOND, "failureThreshold": patience * _LOOKS_A_SECOND}
