"""Who stands behind which security group, in which subnets, and whom the groups' rules let in."""

from collections.abc import Iterator
from typing import NamedTuple

from diagrams.stacks import Key, Resource, Stacks

_GROUP, _RULE = "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"
_BEHIND = (
    "AWS::EC2::Instance",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Lambda::Function",
    "AWS::RDS::DBInstance",
)
_EVERYBODY = {"0.0.0.0/0", "::/0"}


class Rule(NamedTuple):
    """Somebody is let in.

    Attributes:
        source: the group that is; nothing means everybody on the internet.
        target: the group that lets him in.
        port: where.
    """

    source: Key | None
    target: Key
    port: int


def groups(stacks: Stacks) -> dict[Key, list[Resource]]:
    """Return what stands behind each security group, but for a cluster's, whose pods and API are not resources."""
    behind: dict[Key, list[Resource]] = {}
    for resource in stacks.of_type(*_BEHIND):
        for key in stacks.referred(resource.key.stack, resource.properties):
            if stacks.resources[key].type == _GROUP:
                behind.setdefault(key, []).append(resource)
    return behind


def group_of(stacks: Stacks) -> dict[Key, Key]:
    """Return the security group that each resource stands behind."""
    return {resource.key: key for key, resources in groups(stacks).items() for resource in resources}


def rules(stacks: Stacks) -> Iterator[Rule]:
    """Yield what every security group lets in, by a rule of its own or by one that stands elsewhere."""
    for resource in stacks.of_type(_GROUP, _RULE):
        stated = (
            resource.properties.get("SecurityGroupIngress", []) if resource.type == _GROUP else [resource.properties]
        )
        for rule in stated:
            (target,) = stacks.of(resource, "GroupId") or {resource.key}
            sources = set(stacks.referred(resource.key.stack, rule.get("SourceSecurityGroupId", {})))
            if sources or rule.get("CidrIp", rule.get("CidrIpv6")) in _EVERYBODY:
                yield Rule(next(iter(sources), None), target, rule["FromPort"])


def subnets(stacks: Stacks, resource: Resource) -> str:
    """Return the type of the gateway by which a resource's subnets lead to the internet; nothing: they do not."""
    for key in stacks.referred(resource.key.stack, resource.properties):
        other = stacks.resources[key]
        if other.type == "AWS::EC2::Subnet":
            return _way_out(stacks, key)
        if other.type == "AWS::RDS::DBSubnetGroup":
            return subnets(stacks, other)
    return ""


def zones(stacks: Stacks) -> int:
    """Return how many zones the network spans."""
    return len({str(subnet.properties["AvailabilityZone"]) for subnet in stacks.of_type("AWS::EC2::Subnet")})


def _way_out(stacks: Stacks, subnet: Key) -> str:
    tables = {
        table
        for association in stacks.of_type("AWS::EC2::SubnetRouteTableAssociation")
        if subnet in stacks.of(association, "SubnetId")
        for table in stacks.of(association, "RouteTableId")
    }
    for route in stacks.of_type("AWS::EC2::Route"):
        if route.properties.get("DestinationCidrBlock") in _EVERYBODY and tables & stacks.of(route, "RouteTableId"):
            (gateway,) = stacks.of(route, "GatewayId") | stacks.of(route, "NatGatewayId")
            return stacks.resources[gateway].type
    return ""
