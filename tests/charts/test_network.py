"""Who may talk to whom, exactly."""

from typing import Any

import pytest

Manifest = dict[str, Any]

DNS = {"dns:53"}
DATABASE = {"10.40.128.0/18:3306"}
POD_IDENTITY = {"169.254.170.23/32:80"}
AWS = {"0.0.0.0/0:443"}


def policies(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "NetworkPolicy"}


def edges(rules: list[Manifest], direction: str) -> set[str]:
    """Return rules as `who:port`; the DNS service and its pods are one."""
    found = set()
    for rule in rules:
        ports = {entry["port"] for entry in rule["ports"]}
        assert rule[direction], "an empty list of peers is everybody"
        found |= {f"{_name(peer)}:{port}" for peer in rule[direction] for port in ports}
    return found


def _name(peer: Manifest) -> str:
    if "ipBlock" in peer:
        return "dns" if peer["ipBlock"]["cidr"] == "172.20.0.10/32" else str(peer["ipBlock"]["cidr"])
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if labels == {"k8s-app": "kube-dns"}:
        assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
        return "dns"
    if "namespaceSelector" in peer:
        return f"all of {peer['namespaceSelector']['matchLabels']['kubernetes.io/metadata.name']}"
    return str(labels["app.kubernetes.io/name"])


@pytest.mark.parametrize(
    ("name", "callers", "calls"),
    [
        ("proxy", {"10.40.0.0/18:8080"}, DNS | {"frontend:5000"}),
        ("frontend", {"proxy:5000", "all of monitoring:5100"}, DNS | {"backend:5001"}),
        ("backend", {"frontend:5001", "all of monitoring:5101"}, DNS | DATABASE | POD_IDENTITY),
        ("migration", set(), DNS | DATABASE | POD_IDENTITY | AWS),
    ],
)
def test_a_pod_talks_to_these_and_no_others(
    name: str, callers: set[str], calls: set[str], manifests: list[Manifest]
) -> None:
    policy = policies(manifests)[name]
    assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": name}}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert edges(policy["ingress"], "from") == callers
    assert edges(policy["egress"], "to") == calls


def test_names_are_asked_for_over_both_protocols(manifests: list[Manifest]) -> None:
    (rule,) = (
        rule for rule in policies(manifests)["frontend"]["egress"] if 53 in [entry["port"] for entry in rule["ports"]]
    )
    assert {(entry["protocol"], entry["port"]) for entry in rule["ports"]} == {("UDP", 53), ("TCP", 53)}


def test_pods_that_nobody_thought_of_talk_to_nobody(manifests: list[Manifest]) -> None:
    assert policies(manifests)["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert set(policies(manifests)) == {"default-deny", "proxy", "frontend", "backend", "migration"}
