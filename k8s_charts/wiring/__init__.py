"""Proof that a release fits together, from its manifests alone.

Follows every edge of the request path, from the load balancer's binding over NGINX's upstreams to the last URL in an
environment variable, and everything else that one object calls another by.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from k8s_charts.dockerfile import Start
from k8s_charts.wiring import nginx, policies, references, selectors
from k8s_charts.wiring.calls import Call, calls, environment
from k8s_charts.wiring.policies import Peer, Port
from k8s_charts.wiring.view import Manifest, View, WiringError, Workload, namespace_of

__all__ = ["WiringError", "check"]

_DNS = Port(number=53, protocol="UDP")
_POD_IDENTITY = Peer(address="169.254.170.23")
"""Where EKS hands out AWS credentials to pods, on port 80."""


def check(
    manifests: Iterable[Manifest],
    *,
    starts: Mapping[str, Start],
    identities: Collection[tuple[str, str]],
    resolver: str,
    secrets: Collection[tuple[str, str]] = (),
) -> None:
    """Follow every edge, and refuse the first that leads nowhere.

    Args:
        manifests: all objects of the release, in any order.
        starts: what the Dockerfile says about how a container's process starts, by the container's name; what NGINX
            listens on is read from the configuration that it is started with.
        identities: namespace and name of every service account that has a role in AWS.
        resolver: address of the cluster's DNS.
        secrets: namespace and name of Secrets that somebody else makes.

    Raises:
        WiringError: an edge is broken; the message says which, and how.
    """
    view = View(manifests)
    for workload in view.workloads:
        references.check(view, workload, secrets)
        _check_ports(view, workload, starts)
        _check_identity(view, workload, identities)
        if not policies.is_closed(view, workload):
            raise WiringError(f"{workload.name}: no network policy closes its pods")
    for call in calls(view):
        _follow(view, call, Peer(address=resolver))
    for binding in view.of_kind("TargetGroupBinding"):
        service = binding["spec"]["serviceRef"]
        what = f"the load balancer's binding calls {service['name']}:{service['port']}"
        callee, number = _behind(view, namespace_of(binding), service["name"], service["port"], what)
        if not policies.lets_in(view, callee, Port(number=number, owner=callee), Peer()):
            raise WiringError(f"{what}: no network policy lets the load balancer in at {callee.name}")
    for namespace, account in identities:
        if view.find("ServiceAccount", namespace, account) is None:
            raise WiringError(f"a Pod Identity is for the service account {account}, which does not exist")
    selectors.check(view)


def _follow(view: View, call: Call, resolver: Peer) -> None:
    """Follow a call to the pods or out of the cluster, through the policies of both ends."""
    caller, named = call.caller, call.service(view)
    if named is not None:
        callee, number = _behind(view, *named, call.port, str(call))
        port = Port(number=number, owner=callee)
        if not policies.lets_out(view, caller, port, Peer(workload=callee)):
            raise WiringError(f"{call}: no network policy lets {caller.name} out to {callee.name}")
        if not policies.lets_in(view, callee, port, Peer(workload=caller)):
            raise WiringError(f"{call}: no network policy lets {caller.name} in at {callee.name}")
    elif call.port is not None:
        port = Port(number=call.port, protocol=call.protocol)
        if not policies.lets_out(view, caller, port, Peer(address=call.address)):
            raise WiringError(f"{call}: no network policy lets it out to port {call.port}")
    if call.address is None and not policies.lets_out(view, caller, _DNS, resolver):
        raise WiringError(f"{call}: no network policy lets {caller.name} ask the cluster's DNS")


def _behind(view: View, namespace: str, name: str, port: int | str | None, what: str) -> tuple[Workload, int]:
    """Return whose pods a Service leads to, and to which port of theirs, or say why it leads nowhere.

    The Service's port is given by number or name; None means its first one.
    """
    service = view.find("Service", namespace, name)
    if service is None:
        raise WiringError(f"{what}: no Service is called {name} in namespace {namespace}")
    entries = [item for item in service["spec"].get("ports", []) if item.get("protocol", "TCP") == "TCP"]
    entry = next((item for item in entries if port in (None, item["port"], item.get("name"))), None)
    if entry is None:
        offered = ", ".join(str(item["port"]) for item in entries)
        raise WiringError(f"{what}: the Service {name} offers {offered or 'no TCP port'}")
    selector = service["spec"].get("selector")
    selected = view.selected(namespace, {"matchLabels": selector}) if selector else []
    if len(selected) != 1:
        raise WiringError(f"{what}: the Service {name} selects the pods of {len(selected)} Deployments, not of one")
    (workload,) = selected
    target = entry.get("targetPort", entry["port"])
    number = workload.port(target)
    if number is None:
        raise WiringError(f"{what}: the Service {name} leads to port {target}, which no container declares")
    if number != entry["port"]:
        why = "is headless" if service["spec"].get("clusterIP") == "None" else "is judged by EKS's network policies"
        raise WiringError(f"{what}: the Service {name} {why}, so its port {entry['port']} must be the pods', {number}")
    return workload, number


def _check_ports(view: View, workload: Workload, starts: Mapping[str, Start]) -> None:
    """Refuse a port that is declared or probed and not listened on."""
    for container in workload.containers:
        declared = {port["containerPort"] for port in container.get("ports", [])}
        start = starts.get(container["name"], Start())
        variables = environment(view, workload, container)  # they go before the image's own
        configured = [nginx.listens(text) for text in nginx.configurations(view, workload, container)]
        actual = replace(start, environment={**start.environment, **variables}).ports.union(*configured)
        if silent := declared - actual:
            listed = ", ".join(map(str, sorted(actual)))
            raise WiringError(f"{workload.name} declares port {min(silent)}, its process listens on {listed or 'none'}")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            for how in ("httpGet", "tcpSocket", "grpc"):
                port = container.get(probe, {}).get(how, {}).get("port")
                if port is not None and workload.port(port) not in declared:
                    raise WiringError(
                        f"{workload.name}: its {probe} asks port {port}, which the container does not declare"
                    )


def _check_identity(view: View, workload: Workload, identities: Collection[tuple[str, str]]) -> None:
    """Refuse a pod that needs a role in AWS and has none, or is not let out to where its credentials are."""
    variables: dict[str, str] = {}
    for container in workload.containers:
        variables |= environment(view, workload, container)
    if not (variables.get("DATABASE_AUTH") == "iam" or "DATABASE_ADMIN_SECRET" in variables):
        return
    account = workload.service_account
    if (workload.namespace, account) not in identities:
        raise WiringError(f"{workload.name} needs AWS credentials; its service account {account} has no Pod Identity")
    if not policies.lets_out(view, workload, Port(number=80), _POD_IDENTITY):
        raise WiringError(f"{workload.name} needs AWS credentials; no network policy lets it out to Pod Identity")
