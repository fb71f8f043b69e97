"""What network policies let through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from k8s_charts.wiring.view import View, Workload, matches, namespace_of


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The other end of a connection: pods of the release, or something outside of it.

    Attributes:
        workload: whose pods it is; None for something outside.
        address: where that is, if it is known.
    """

    workload: Workload | None = None
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Port:
    """What is connected to.

    Attributes:
        number: of the pods, or of the server outside.
        protocol: TCP or UDP.
        owner: whose pods it belongs to; they may have a name for it.
    """

    number: int
    protocol: str = "TCP"
    owner: Workload | None = None


def lets_out(view: View, caller: Workload, port: Port, callee: Peer) -> bool:
    """Whether `caller`'s pods may connect to `port` of `callee`."""
    return _allowed(view, caller, "Egress", port, callee)


def lets_in(view: View, callee: Workload, port: Port, caller: Peer) -> bool:
    """Whether `callee`'s pods may be connected to by `caller`."""
    return _allowed(view, callee, "Ingress", port, caller)


def is_closed(view: View, workload: Workload) -> bool:
    """Whether policies stand in both directions, so that what no rule allows is refused."""
    return all(any(_policies(view, workload, direction)) for direction in ("Ingress", "Egress"))


def _allowed(view: View, own: Workload, direction: str, port: Port, other: Peer) -> bool:
    policies = list(_policies(view, own, direction))
    if not policies:
        return True
    key = "from" if direction == "Ingress" else "to"
    return any(
        _names_port(rule, port) and (not rule.get(key) or any(_names(view, peer, own, other) for peer in rule[key]))
        for policy in policies
        for rule in policy.get(direction.lower()) or []
    )


def _policies(view: View, workload: Workload, direction: str) -> Iterator[Mapping[str, Any]]:
    for policy in view.of_kind("NetworkPolicy"):
        spec = policy["spec"]
        types = spec.get("policyTypes", ["Ingress", *(["Egress"] if "egress" in spec else [])])
        if direction in types and workload in view.selected(namespace_of(policy), spec["podSelector"]):
            yield spec


def _names_port(rule: Mapping[str, Any], port: Port) -> bool:
    return not rule.get("ports") or any(_is(entry, port) for entry in rule["ports"])


def _is(entry: Mapping[str, Any], port: Port) -> bool:
    if entry.get("protocol", "TCP") != port.protocol:
        return False
    first = entry.get("port", port.number)
    if isinstance(first, str):  # a name that the pods which are called have for it
        return port.owner is not None and port.owner.port(first) == port.number
    return bool(first <= port.number <= entry.get("endPort", first))


def _names(view: View, peer: Mapping[str, Any], own: Workload, other: Peer) -> bool:
    if "ipBlock" in peer:
        return other.workload is None and _holds(peer["ipBlock"], other.address)
    if other.workload is None:
        return False
    labels = view.labels_of_namespace(other.workload.namespace)
    there = (
        matches(peer["namespaceSelector"], labels)
        if "namespaceSelector" in peer
        else other.workload.namespace == own.namespace
    )
    return there and matches(peer.get("podSelector", {}), other.workload.labels)


def _holds(block: Mapping[str, Any], address: str | None) -> bool:
    """Whether an address is in a range; one that is not known may be."""
    if address is None:
        return True
    return ip_address(address) in ip_network(block["cidr"]) and not any(
        ip_address(address) in ip_network(cidr) for cidr in block.get("except", [])
    )
