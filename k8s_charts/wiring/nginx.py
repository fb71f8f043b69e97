"""What NGINX's configuration says about whom it calls and where it listens."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import crossplane

from k8s_charts.wiring.view import View, WiringError, Workload

_PASSES = {f"{protocol}_pass" for protocol in ("proxy", "grpc", "fastcgi", "uwsgi", "scgi", "memcached")}
_PORTS = {"https": 443, "grpcs": 443}
_CALLS_NOBODY = re.compile(r"(^|/)(mime\.types|\w+_params)$")
_OWN = re.compile(r"^(127\.[\d.]+|localhost|\[::1\])(:|$)")


def configurations(view: View, workload: Workload, container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the configurations that a container's NGINX is started with: what its command names after `-c`.

    Raises:
        WiringError: no ConfigMap that is mounted into the container holds that file.
    """
    command = [*container.get("command", []), *container.get("args", [])]
    for flag, path in pairwise(command):
        if Path(command[0]).name != "nginx" or flag != "-c":
            continue
        directory, _, file = path.rpartition("/")
        mounted = {
            mount["name"] for mount in container.get("volumeMounts", []) if mount["mountPath"].rstrip("/") == directory
        }
        names = [
            volume["configMap"]["name"]
            for volume in workload.spec.get("volumes", [])
            if volume["name"] in mounted and "configMap" in volume
        ]
        texts = [
            found["data"][file]
            for name in names
            if (found := view.find("ConfigMap", workload.namespace, name)) is not None and file in found.get("data", {})
        ]
        if not texts:
            raise WiringError(f"{workload.name} starts NGINX with {path}: no ConfigMap that is mounted there holds it")
        yield from texts


def upstreams(text: str) -> Iterator[tuple[str, int]]:
    """Yield host and port of every server that a configuration passes requests to, but for those marked `down`.

    Raises:
        WiringError: one stands in a variable or in another file, so that it cannot be followed.
    """
    directives = list(_directives(_parse(text)))
    groups = {item["args"][0] for item in directives if item["directive"] == "upstream"}
    for item in directives:
        name, arguments = item["directive"], item["args"]
        if name == "include" and not _CALLS_NOBODY.search(arguments[0]):
            raise WiringError(f"nginx.conf includes {arguments[0]}, which is not followed; keep it in one file")
        if name == "server" and arguments and "down" not in arguments:
            yield from _server(arguments[0], 80)
        if name in _PASSES:
            scheme, _, rest = arguments[0].rpartition("://")
            server = rest.partition("/")[0]
            if "$" in server:
                raise WiringError(
                    f"nginx.conf passes requests to {arguments[0]}, which cannot be followed; name a server"
                )
            if server not in groups:
                yield from _server(server, _PORTS.get(scheme, 80))


def resolvers(text: str) -> Iterator[str]:
    """Yield the addresses of the DNS servers that a configuration asks."""
    for item in _directives(_parse(text)):
        if item["directive"] == "resolver":
            yield from (address.partition(":")[0] for address in item["args"] if "=" not in address)


def listens(text: str) -> set[int]:
    """Return the ports that a configuration has NGINX listen on, where others than its own pod reach them."""
    listeners = [item["args"][0] for item in _directives(_parse(text)) if item["directive"] == "listen"]
    return {
        int(port) if (port := listener.rpartition(":")[2]).isdigit() else 80
        for listener in listeners
        if not (_OWN.match(listener) or listener.startswith("unix:"))
    }


def _server(address: str, default: int) -> Iterator[tuple[str, int]]:
    if address.startswith("unix:"):
        return
    url = urlsplit(f"//{address}")
    if url.hostname is not None:
        yield url.hostname, url.port or default


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
