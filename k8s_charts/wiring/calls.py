"""Whom pods call: read from the environment of their containers and from NGINX's configuration."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import crossplane

from k8s_charts.arguments import FILLED_IN
from k8s_charts.wiring.view import View, WiringError, Workload

CLUSTER = ".svc.cluster.local"
"""How the full names of Services end."""

_PORTS = {"http": 80, "https": 443, "mysql+pymysql": 3306, "mariadb+pymysql": 3306}
_HOST_AND_PORT = re.compile(r"^[\w.-]+:\d{1,5}$")


class Call(NamedTuple):
    """A connection that a pod makes.

    Attributes:
        caller: whose pods make it.
        host: the name that they use.
        port: the port.
        source: where that stands.
    """

    caller: Workload
    host: str
    port: int
    source: str

    def service(self) -> tuple[str, str] | None:
        """Return namespace and name of the Service that the host names; None for a host outside the cluster.

        As in a pod, a bare name is a Service of its own namespace.
        """
        if self.host.endswith(CLUSTER):
            name, _, namespace = self.host.removesuffix(CLUSTER).partition(".")
            return namespace, name
        return None if "." in self.host else (self.caller.namespace, self.host)

    def __str__(self) -> str:
        """Say who calls whom, and where that stands."""
        return f"{self.caller.name} calls {self.host}:{self.port} ({self.source})"


def calls(view: View) -> Iterator[Call]:
    """Yield every connection that is written down somewhere.

    Raises:
        WiringError: NGINX is started with a file that is mounted from nowhere, or that cannot be read.
    """
    for workload in view.workloads:
        for container in workload.containers:
            for variable in container.get("env", []):
                yield from _in_variable(workload, variable)
            for text in nginx_configurations(view, workload, container):
                for host, port in upstreams(text):
                    yield Call(workload, host, port, "nginx.conf")


def nginx_configurations(view: View, workload: Workload, container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the configurations that a container's NGINX is started with: what its command names after `-c`.

    Raises:
        WiringError: no ConfigMap that is mounted into the container holds that file.
    """
    command = [*container.get("command", []), *container.get("args", [])]
    for flag, path in pairwise(command):
        if command[0] != "nginx" or flag != "-c":
            continue
        for mount in container.get("volumeMounts", []):
            volume = next(item for item in workload.spec["volumes"] if item["name"] == mount["name"])
            directory, _, file = path.rpartition("/")
            if "configMap" not in volume or mount["mountPath"].rstrip("/") != directory:
                continue
            found = view.find("ConfigMap", workload.namespace, volume["configMap"]["name"])
            if found is not None and file in found.get("data", {}):
                yield found["data"][file]
                break
        else:
            raise WiringError(f"{workload.name} starts NGINX with {path}: no ConfigMap that is mounted there holds it")


def upstreams(text: str) -> Iterator[tuple[str, int]]:
    """Yield host and port of every server that a configuration passes requests to, but for those marked `down`."""
    directives = list(_directives(_parse(text)))
    groups = {item["args"][0] for item in directives if item["directive"] == "upstream"}
    for item in directives:
        if item["directive"] == "server" and item["args"] and "down" not in item["args"]:
            host, _, port = item["args"][0].partition(":")
            yield host, int(port or 80)
        if item["directive"] == "proxy_pass":
            url = urlsplit(item["args"][0])
            if url.hostname is not None and url.netloc not in groups:
                yield url.hostname, url.port or 80


def listens(text: str) -> set[int]:
    """Return the ports that a configuration has NGINX listen on."""
    listeners = (item["args"][0] for item in _directives(_parse(text)) if item["directive"] == "listen")
    return {int(listener.rpartition(":")[2]) for listener in listeners}


def _in_variable(workload: Workload, variable: Mapping[str, Any]) -> Iterator[Call]:
    value = FILLED_IN.sub("aws.invalid", str(variable.get("value", "")))
    source = variable["name"]
    if "://" in value:
        url = urlsplit(value)
        port = url.port or _PORTS.get(url.scheme)
        if url.hostname and port:
            yield Call(workload, url.hostname, port, source)
    elif _HOST_AND_PORT.match(value):
        host, _, port_text = value.partition(":")
        yield Call(workload, host, int(port_text), source)


def _parse(text: str) -> list[dict[str, Any]]:
    with TemporaryDirectory() as directory:
        file = Path(directory, "nginx.conf")
        file.write_text(text)
        parsed = crossplane.parse(str(file), single=True, check_ctx=False, check_args=False)
    if parsed["status"] != "ok":
        raise WiringError(f"nginx.conf cannot be read: {parsed['errors'][0]['error'].partition(' in /')[0]}")
    block: list[dict[str, Any]] = parsed["config"][0]["parsed"]
    return block


def _directives(block: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in block:
        yield item
        yield from _directives(item.get("block", []))
