"""Whom pods call: read from the environment and the command of their containers, and from NGINX's configuration."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from k8s_charts.arguments import FILLED_IN
from k8s_charts.wiring import nginx
from k8s_charts.wiring.view import View, WiringError, Workload

_ELSEWHERE = "aws.invalid"
"""Stands for a name that CloudFormation fills in."""

_PORTS = {
    "http": 80,
    "https": 443,
    "mysql": 3306,
    "mariadb": 3306,
    "postgresql": 5432,
    "redis": 6379,
    "amqp": 5672,
    "mongodb": 27017,
}
_SERVICE = re.compile(r"^(?P<name>[\w-]+)\.(?P<namespace>[\w-]+)(?P<domain>\.svc(\.cluster\.local)?)?$")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s,;\"']+")
_HOST_AND_PORT = re.compile(r"^(?P<host>[a-z][\w.-]*):(?P<port>\d{1,5})$")


class Call(NamedTuple):
    """A connection that a pod makes.

    Attributes:
        caller: whose pods make it.
        host: the name or address that they use.
        port: the port; None if the host alone is written down.
        source: where that stands.
        protocol: TCP or UDP.
    """

    caller: Workload
    host: str
    port: int | None
    source: str
    protocol: str = "TCP"

    @property
    def address(self) -> str | None:
        """The host, if it is an address; None if it is a name."""
        with suppress(ValueError):
            return str(ip_address(self.host))
        return None

    def service(self, view: View) -> tuple[str, str] | None:
        """Return namespace and name of the Service that the host names; None for a host outside the cluster.

        As in a pod, a bare name is a Service of its own namespace, and the cluster's domain may be left out.
        """
        host = self.host.removesuffix(".")
        if "." not in host:
            return self.caller.namespace, host
        named = _SERVICE.match(host)
        if named and (named["domain"] or view.has_namespace(named["namespace"])):
            return named["namespace"], named["name"]
        return None

    def __str__(self) -> str:
        """Say who calls whom, and where that stands."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.caller.name} calls {self.host}{port} ({self.source})"


def calls(view: View) -> Iterator[Call]:
    """Yield every connection to somebody else that is written down somewhere.

    Raises:
        WiringError: something that names a server cannot be read or followed.
    """
    for workload in view.workloads:
        for container in workload.containers:
            for call in _of_container(view, workload, container):
                if call.host != "localhost" and not (call.address and _is_own(call.address)):
                    yield call


def environment(view: View, workload: Workload, container: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that a container starts with, those that come from ConfigMaps included."""
    values: dict[str, str] = {}

    def data(reference: Mapping[str, Any]) -> Mapping[str, str]:
        found = view.find("ConfigMap", workload.namespace, reference["name"])
        return (found or {}).get("data") or {}

    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            prefix = source.get("prefix", "")
            values |= {prefix + key: value for key, value in data(source["configMapRef"]).items()}
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("configMapKeyRef")
        held = data(reference).get(reference["key"], "") if reference else variable.get("value", "")
        values[variable["name"]] = str(held)
    return values


def _of_container(view: View, workload: Workload, container: Mapping[str, Any]) -> Iterator[Call]:
    variables = environment(view, workload, container)
    for name, value in variables.items():
        yield from _in_text(workload, value, name)
        port = variables.get(f"{name.removesuffix('_HOST')}_PORT")
        if name.endswith("_HOST") and value:
            yield Call(workload, value, int(port) if port and port.isdigit() else None, name)
    if "DATABASE_ADMIN_SECRET" in variables:  # the name of what is fetched from there
        yield Call(workload, "secretsmanager.amazonaws.com", 443, "DATABASE_ADMIN_SECRET")
    for argument in [*container.get("command", []), *container.get("args", [])]:
        yield from _in_text(workload, argument, "command")
    for text in nginx.configurations(view, workload, container):
        for host, number in nginx.upstreams(text):
            yield Call(workload, host, number, "nginx.conf")
        for address in nginx.resolvers(text):
            yield Call(workload, address, 53, "nginx.conf", "UDP")


def _in_text(workload: Workload, text: str, source: str) -> Iterator[Call]:
    text = FILLED_IN.sub(_ELSEWHERE, text)
    if pair := _HOST_AND_PORT.match(text):
        yield Call(workload, pair["host"], int(pair["port"]), source)
    for match in _URL.findall(text):
        url = urlsplit(match)
        try:
            port = url.port or _PORTS.get(url.scheme.partition("+")[0])
        except ValueError as error:
            raise WiringError(f"{workload.name} calls {url.hostname} ({source}): {error}") from None
        if url.hostname and port:
            yield Call(workload, url.hostname, port, source)


def _is_own(address: str) -> bool:
    """Whether an address is the pod's own: a loopback one, or what stands for all that it listens on."""
    parsed = ip_address(address)
    return parsed.is_loopback or parsed.is_unspecified
