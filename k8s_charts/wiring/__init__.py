"""Proof that a release fits together, from its manifests alone.

Follows every edge of the request path, from the load balancer's binding over NGINX's upstreams to the last URL in an
environment variable, and everything else that one object calls another by.
"""

from collections.abc import Collection, Iterable, Mapping

from k8s_charts.wiring import policies
from k8s_charts.wiring.calls import calls, listens, nginx_configurations
from k8s_charts.wiring.view import Manifest, View, WiringError, Workload

__all__ = ["WiringError", "check"]

_DNS = 53


def check(
    manifests: Iterable[Manifest],
    *,
    listening: Mapping[str, Collection[int]],
    identities: Collection[tuple[str, str]],
    secrets: Collection[tuple[str, str]] = (),
) -> None:
    """Follow every edge, and refuse the first that leads nowhere.

    Args:
        manifests: all objects of the release, in any order.
        listening: the ports that a container's process listens on, by the container's name; NGINX's are read from the
            configuration that it is started with.
        identities: namespace and name of every service account that has a role in AWS.
        secrets: namespace and name of Secrets that somebody else makes.

    Raises:
        WiringError: an edge is broken; the message says which, and how.
    """
    view = View(manifests)
    for workload in view.workloads:
        _check_references(view, workload, secrets)
        _check_ports(view, workload, listening)
        _check_identity(view, workload, identities)
        if not policies.is_closed(view, workload):
            raise WiringError(f"{workload.name}: no network policy closes its pods")
    for call in calls(view):
        named = call.service()
        if named is None:
            if not policies.lets_out(view, call.caller, call.port, None):
                raise WiringError(f"{call}: no network policy lets it out to port {call.port}")
            continue
        callee = _behind(view, *named, call.port, str(call))
        if not policies.lets_out(view, call.caller, call.port, callee):
            raise WiringError(f"{call}: no network policy lets {call.caller.name} out to {callee.name}")
        if not policies.lets_in(view, callee, call.port, call.caller):
            raise WiringError(f"{call}: no network policy lets {call.caller.name} in at {callee.name}")
        if not policies.lets_out(view, call.caller, _DNS, None):
            raise WiringError(f"{call}: no network policy lets {call.caller.name} ask the cluster's DNS")
    for binding in view.of_kind("TargetGroupBinding"):
        service, namespace = binding["spec"]["serviceRef"], binding["metadata"]["namespace"]
        what = f"the load balancer's binding calls {service['name']}:{service['port']}"
        callee = _behind(view, namespace, service["name"], service["port"], what)
        if not policies.lets_in(view, callee, service["port"], None):
            raise WiringError(f"{what}: no network policy lets the load balancer in at {callee.name}")
    _check_selectors(view)


def _behind(view: View, namespace: str, name: str, port: int, what: str) -> Workload:
    """Return whose pods a Service leads to, or say why it leads nowhere."""
    service = view.find("Service", namespace, name)
    if service is None:
        raise WiringError(f"{what}: no Service is called {name} in namespace {namespace}")
    entry = next((item for item in service["spec"]["ports"] if item["port"] == port), None)
    if entry is None:
        offered = ", ".join(str(item["port"]) for item in service["spec"]["ports"])
        raise WiringError(f"{what}: the Service {name} offers {offered}")
    selected = view.selected(namespace, service["spec"].get("selector", {"": ""}))
    if len(selected) != 1:
        raise WiringError(f"{what}: the Service {name} selects the pods of {len(selected)} Deployments, not of one")
    (workload,) = selected
    target = entry.get("targetPort", port)
    number = workload.ports.get(target, target)
    if number not in workload.ports.values():
        raise WiringError(f"{what}: the Service {name} leads to port {target}, which no container declares")
    if service["spec"].get("clusterIP") == "None" and number != port:
        raise WiringError(f"{what}: the Service {name} is headless, so its port {port} must be the pods', {number}")
    return workload


def _check_references(view: View, workload: Workload, secrets: Collection[tuple[str, str]]) -> None:
    """Refuse a service account, ConfigMap or Secret that does not exist."""
    wanted = {("ServiceAccount", workload.spec.get("serviceAccountName", "default"))}
    for volume in workload.spec.get("volumes", []):
        if "configMap" in volume:
            wanted.add(("ConfigMap", volume["configMap"]["name"]))
        if "secret" in volume:
            wanted.add(("Secret", volume["secret"]["secretName"]))
    for container in workload.containers:
        for variable in container.get("env", []):
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if key in variable.get("valueFrom", {}):
                    wanted.add((kind, variable["valueFrom"][key]["name"]))
    for kind, name in sorted(wanted):
        if view.find(kind, workload.namespace, name) is None and not (
            kind == "Secret" and (workload.namespace, name) in secrets
        ):
            raise WiringError(f"{workload.name} refers to the {kind} {name}, which does not exist")


def _check_ports(view: View, workload: Workload, listening: Mapping[str, Collection[int]]) -> None:
    """Refuse a port that is declared or probed and not listened on."""
    for container in workload.containers:
        declared = {port["containerPort"] for port in container.get("ports", [])}
        configured = [listens(text) for text in nginx_configurations(view, workload, container)]
        actual = set().union(*configured, listening.get(container["name"], ()))
        if silent := declared - actual:
            raise WiringError(
                f"{workload.name} declares port {min(silent)}, its process listens on {_listed(actual) or 'none'}"
            )
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if port is not None and workload.ports.get(port, port) not in declared:
                raise WiringError(
                    f"{workload.name}: its {probe} asks port {port}, which the container does not declare"
                )


def _check_identity(view: View, workload: Workload, identities: Collection[tuple[str, str]]) -> None:
    """Refuse a pod that needs a role in AWS and has none, or is not let out to where its credentials are."""
    account = (workload.namespace, workload.spec.get("serviceAccountName", "default"))
    variables = {
        variable["name"]: variable.get("value") for item in workload.containers for variable in item.get("env", [])
    }
    needs = variables.get("DATABASE_AUTH") == "iam" or "DATABASE_ADMIN_SECRET" in variables
    if needs and account not in identities:
        raise WiringError(
            f"{workload.name} needs AWS credentials; its service account {account[1]} has no Pod Identity"
        )
    if needs and not policies.lets_out_to_range(view, workload, policies.POD_IDENTITY):
        raise WiringError(f"{workload.name} needs AWS credentials; no network policy lets it out to Pod Identity")


def _check_selectors(view: View) -> None:
    """Refuse an autoscaler without its Deployment, and a disruption budget that selects no pods."""
    for scaler in view.of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        if view.find(target["kind"], scaler["metadata"]["namespace"], target["name"]) is None:
            raise WiringError(f"the autoscaler {scaler['metadata']['name']}: no {target['kind']} {target['name']}")
    for budget in view.of_kind("PodDisruptionBudget"):
        selector = budget["spec"]["selector"]["matchLabels"]
        if not view.selected(budget["metadata"]["namespace"], selector):
            raise WiringError(f"the disruption budget {budget['metadata']['name']} selects no pods")


def _listed(ports: Collection[int]) -> str:
    return ", ".join(map(str, sorted(ports)))
