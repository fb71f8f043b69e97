"""Every rule of every security group, inline or not, in and out."""

import re
from collections.abc import Iterator

import pytest

from tests.stacks.synthesis import Resource, Synthesis

WORLD = {"0.0.0.0/0", "::/0"}
NOWHERE = "255.255.255.255/32"
"""Where the CDK's one rule of a group that lets nothing out goes to: EC2 would put in one that lets everything out."""

PEERS = {"CidrIp", "CidrIpv6"} | {
    f"{side}{kind}" for side in ("Source", "Destination") for kind in ("SecurityGroupId", "PrefixListId")
}
WRITTEN_BY_THE_CDK = ("from ", "to ", "Allow all outbound", "Disallow all")

TAKEN_BY_EC2 = re.compile(r"[a-zA-Z0-9. _:/()#,@\[\]+=&;{}!$*-]{1,255}")


def _rules(synthesis: Synthesis, direction: str) -> Iterator[tuple[str, Resource]]:
    """Yield resource and properties of every rule; `direction` is Ingress or Egress."""
    for stack, logical_id, group in synthesis.resources("AWS::EC2::SecurityGroup"):
        for rule in group["Properties"].get(f"SecurityGroup{direction}", []):
            if rule.get("CidrIp") != NOWHERE:
                yield f"{stack}/{logical_id[:-8]}", rule
    for stack, logical_id, rule in synthesis.resources(f"AWS::EC2::SecurityGroup{direction}"):
        yield f"{stack}/{logical_id[:-8]}", rule["Properties"]


def _open_to_the_world(synthesis: Synthesis) -> list[tuple[str, int, int]]:
    return [
        (where, rule["FromPort"], rule["ToPort"])
        for where, rule in _rules(synthesis, "Ingress")
        if {rule.get("CidrIp"), rule.get("CidrIpv6")} & WORLD
    ]


@pytest.mark.parametrize(("direction", "count"), [("Ingress", 9), ("Egress", 12)])
def test_every_rule_names_one_peer_and_says_why(synthesis: Synthesis, direction: str, count: int) -> None:
    rules = list(_rules(synthesis, direction))
    assert len(rules) == count
    assert [(where, rule) for where, rule in rules if len(PEERS & set(rule)) != 1] == []
    unexplained = [
        (where, rule)
        for where, rule in rules
        if not rule.get("Description") or rule["Description"].startswith(WRITTEN_BY_THE_CDK)
    ]
    assert unexplained == []


def test_the_world_reaches_the_load_balancer_alone(synthesis: Synthesis) -> None:
    assert _open_to_the_world(synthesis) == [("ProdStack/EntryPointSecurityGroup", 80, 80)]


@pytest.mark.full
def test_with_a_domain_the_world_reaches_its_tls_port_too(other: Synthesis) -> None:
    group = "ProdStack/EntryPointSecurityGroup"
    assert _open_to_the_world(other) == [(group, 80, 80), (group, 443, 443)]


def test_nothing_that_holds_data_connects_to_anything(synthesis: Synthesis) -> None:
    owners = [where.partition("SecurityGroup")[0] for where, _ in _rules(synthesis, "Egress")]
    assert "CiStack/Test" in owners
    assert [owner for owner in owners if "Database" in owner] == []


def test_every_rule_opens_one_port_of_tcp(synthesis: Synthesis) -> None:
    rules = [*_rules(synthesis, "Ingress"), *_rules(synthesis, "Egress")]
    assert [
        (where, rule) for where, rule in rules if rule["IpProtocol"] != "tcp" or rule["FromPort"] != rule["ToPort"]
    ] == []


def test_every_description_is_one_that_ec2_takes(synthesis: Synthesis) -> None:
    told = [rule["Description"] for side in ("Ingress", "Egress") for _, rule in _rules(synthesis, side)]
    told += [group["Properties"]["GroupDescription"] for _, _, group in synthesis.resources("AWS::EC2::SecurityGroup")]
    assert [text for text in told if not TAKEN_BY_EC2.fullmatch(text)] == []
