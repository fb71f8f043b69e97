"""What network policies let through."""

from collections.abc import Iterator, Mapping
from typing import Any

from k8s_charts.wiring.view import View, Workload

POD_IDENTITY = "169.254.170.23/32"
"""Where EKS hands out AWS credentials to pods."""


def lets_out(view: View, caller: Workload, port: int, callee: Workload | None) -> bool:
    """Whether `caller` may connect to a port of `callee`'s pods; None stands for addresses outside the cluster."""
    return _allowed(view, caller, "Egress", port, callee)


def lets_in(view: View, callee: Workload, port: int, caller: Workload | None) -> bool:
    """Whether `callee` may be connected to by `caller`'s pods; None stands for addresses outside the cluster."""
    return _allowed(view, callee, "Ingress", port, caller)


def lets_out_to_range(view: View, caller: Workload, cidr: str) -> bool:
    """Whether a rule of `caller`'s names this very range of addresses."""
    rules = (rule for policy in _policies(view, caller, "Egress") for rule in policy.get("egress", []))
    return any(peer.get("ipBlock", {}).get("cidr") == cidr for rule in rules for peer in rule.get("to", []))


def is_closed(view: View, workload: Workload) -> bool:
    """Whether policies stand in both directions, so that what no rule allows is refused."""
    return all(any(_policies(view, workload, direction)) for direction in ("Ingress", "Egress"))


def _allowed(view: View, own: Workload, direction: str, port: int, other: Workload | None) -> bool:
    policies = list(_policies(view, own, direction))
    if not policies:
        return True
    peers = "from" if direction == "Ingress" else "to"
    return any(
        _names_port(rule, port) and any(_names(peer, own.namespace, other) for peer in rule.get(peers, [{}]))
        for policy in policies
        for rule in policy.get(direction.lower(), [])
    )


def _policies(view: View, workload: Workload, direction: str) -> Iterator[Mapping[str, Any]]:
    for policy in view.of_kind("NetworkPolicy"):
        spec = policy["spec"]
        selector = spec["podSelector"].get("matchLabels", {})
        if direction in spec["policyTypes"] and workload in view.selected(policy["metadata"]["namespace"], selector):
            yield spec


def _names_port(rule: Mapping[str, Any], port: int) -> bool:
    ports = rule.get("ports")
    return ports is None or any(entry.get("port") == port for entry in ports)


def _names(peer: Mapping[str, Any], namespace: str, other: Workload | None) -> bool:
    if other is None or "ipBlock" in peer:
        return other is None and "ipBlock" in peer
    there = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name", namespace)
    selector = peer.get("podSelector", {}).get("matchLabels", {})
    return bool(there == other.namespace and selector.items() <= other.labels.items())
