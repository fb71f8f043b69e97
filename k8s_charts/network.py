"""Who may talk to whom: network policies that close a pod but for the edges that it needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cdk8s
from constructs import Construct

from k8s_charts.arguments import check_address, check_name, check_ranges

_POD_IDENTITY = ("169.254.170.23/32",)
"""Where EKS hands out a pod's AWS credentials, on every node."""

_ANYWHERE = ("0.0.0.0/0",)


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the charts must know of the network that they run in.

    Attributes:
        resolver: address of the cluster's DNS service.
        entrances: address ranges that users' requests come from, those of the load balancer.
        databases: address ranges that the database may be in.
        monitoring: the namespace whose pods may read metrics.
    """

    resolver: str
    entrances: Sequence[str]
    databases: Sequence[str]
    monitoring: str = "monitoring"

    def __post_init__(self) -> None:
        """Refuse addresses that are none.

        Raises:
            ChartError: one is no IPv4 address or range, or there are no ranges.
        """
        check_address("network: resolver", self.resolver)
        check_ranges("network: entrances", self.entrances)
        check_ranges("network: databases", self.databases)
        check_name("network: monitoring", self.monitoring)


@dataclass(frozen=True)
class Edge:
    """The other end of a connection, and the ports on the side that is called.

    Attributes:
        peers: who it is, in the language of NetworkPolicies.
        ports: what is called; TCP, unless `protocols` says more.
        protocols: over what.
    """

    peers: Sequence[Mapping[str, Any]]
    ports: Sequence[int]
    protocols: Sequence[str] = field(default=("TCP",))

    def rule(self, direction: str) -> dict[str, Any]:
        """Return the edge as a rule; `direction` is `from` or `to`."""
        return {
            direction: [dict(peer) for peer in self.peers],
            "ports": [{"protocol": protocol, "port": port} for protocol in self.protocols for port in self.ports],
        }


def pods(name: str, port: int) -> Edge:
    """Return the pods called `name` in the same namespace."""
    return Edge([{"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}], [port])


def addresses(ranges: Iterable[str], port: int) -> Edge:
    """Return everything in some address ranges."""
    return Edge([{"ipBlock": {"cidr": cidr}} for cidr in ranges], [port])


def namespace(name: str, port: int) -> Edge:
    """Return all pods of another namespace."""
    return Edge([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}], [port])


def names(network: Network) -> Edge:
    """Return the cluster's DNS, by its address and by its pods.

    On EKS Auto Mode each node resolves for itself, and the address is all there is; other clusters' policies see the
    pods behind it.
    """
    service = {"ipBlock": {"cidr": f"{network.resolver}/32"}}
    servers = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    return Edge([service, servers], [53], ["UDP", "TCP"])


def pod_identity() -> Edge:
    """Return where a pod fetches the credentials of its AWS role."""
    return addresses(_POD_IDENTITY, 80)


def aws_apis() -> Edge:
    """Return AWS's APIs, whose addresses change: they cannot be told from other servers that speak TLS."""
    return addresses(_ANYWHERE, 443)


def close_all(scope: Construct, namespace: str) -> None:
    """Let the pods of `namespace` talk to nobody, but for what policies of their own allow."""
    _policy(scope, cdk8s.ApiObjectMetadata(name="default-deny", namespace=namespace), {})


def close(scope: Construct, name: str, *, callers: Sequence[Edge], calls: Sequence[Edge]) -> None:
    """Let the pods called `name` talk to nobody but `callers` and `calls`."""
    _policy(
        scope,
        cdk8s.ApiObjectMetadata(name=name),
        {"matchLabels": {"app.kubernetes.io/name": name}},
        ingress=[edge.rule("from") for edge in callers],
        egress=[edge.rule("to") for edge in calls],
    )


def _policy(
    scope: Construct,
    metadata: cdk8s.ApiObjectMetadata,
    selector: Mapping[str, Any],
    **rules: list[dict[str, Any]],
) -> None:
    cdk8s.ApiObject(
        scope,
        "network-policy",
        api_version="networking.k8s.io/v1",
        kind="NetworkPolicy",
        metadata=metadata,
    ).add_json_patch(
        cdk8s.JsonPatch.add("/spec", {"podSelector": dict(selector), "policyTypes": ["Ingress", "Egress"], **rules})
    )
