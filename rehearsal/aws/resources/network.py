"""The parts of a VPC."""

from typing import Any

from rehearsal.aws.resources.ec2 import taggable
from rehearsal.aws.resources.resource_type import Made, Properties, ResourceType, client

_SIDES = {"Ingress": "Source", "Egress": "Destination"}
"""What a rule calls the other end."""


def _create_address(properties: Properties) -> str:
    return str(client("ec2").allocate_address(Domain=properties.get("Domain", "vpc"))["PublicIp"])


def _allocation(address: str) -> str:
    (found,) = [item for item in client("ec2").describe_addresses()["Addresses"] if item["PublicIp"] == address]
    return str(found["AllocationId"])


def _delete_address(address: str, _properties: Properties) -> None:
    client("ec2").release_address(AllocationId=_allocation(address))


def _create_nat_gateway(properties: Properties) -> str:
    made = client("ec2").create_nat_gateway(SubnetId=properties["SubnetId"], AllocationId=properties["AllocationId"])
    return str(made["NatGateway"]["NatGatewayId"])


def _delete_nat_gateway(gateway: str, _properties: Properties) -> None:
    client("ec2").delete_nat_gateway(NatGatewayId=gateway)


def _create_flow_log(properties: Properties) -> str:
    client("logs").describe_log_streams(logGroupName=properties["LogGroupName"])  # refuses a group that is missing
    names = ("ResourceType", "TrafficType", "LogDestinationType", "LogGroupName", "DeliverLogsPermissionArn")
    (made,) = client("ec2").create_flow_logs(
        ResourceIds=[properties["ResourceId"]], **{name: properties[name] for name in names}
    )["FlowLogIds"]
    return str(made)


def _delete_flow_log(log: str, _properties: Properties) -> None:
    client("ec2").delete_flow_logs(FlowLogIds=[log])


def _rule(direction: str) -> ResourceType:
    """Return the type of rules that stand apart from their group; `direction` is `Ingress` or `Egress`."""
    name = direction.lower()

    def create(properties: Properties, _name: str) -> Made:
        made = getattr(client("ec2"), f"authorize_security_group_{name}")(
            GroupId=properties["GroupId"], IpPermissions=[_permission(properties, _SIDES[direction])]
        )
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule, {"Id": rule}

    def delete(rule: str, properties: Properties) -> None:
        getattr(client("ec2"), f"revoke_security_group_{name}")(
            GroupId=properties["GroupId"], SecurityGroupRuleIds=[rule]
        )

    return ResourceType(create, delete)


def _permission(properties: Properties, side: str) -> dict[str, Any]:
    described = {"Description": properties["Description"]} if "Description" in properties else {}
    permission: dict[str, Any] = {"IpProtocol": properties["IpProtocol"]}
    permission |= {key: int(properties[key]) for key in ("FromPort", "ToPort") if key in properties}
    if "CidrIp" in properties:
        permission["IpRanges"] = [{"CidrIp": properties["CidrIp"], **described}]
    if group := properties.get(f"{side}SecurityGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": group, **described}]
    return permission


def _close(properties: Properties, _name: str = "") -> Made:
    """Take all rules from a VPC's default group, as the CDK's function does, for which the emulator lacks a library."""
    group = properties["DefaultSecurityGroupId"]
    ec2 = client("ec2")
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    if found["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found["IpPermissions"])
    if found["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=found["IpPermissionsEgress"])
    return f"closed-{group}", {}


TYPES = {
    "AWS::EC2::EIP": taggable(
        _create_address,
        _delete_address,
        attributes=lambda address: {"AllocationId": _allocation(address), "PublicIp": address},
        tagged=_allocation,
    ),
    "AWS::EC2::FlowLog": taggable(_create_flow_log, _delete_flow_log, attributes=lambda log: {"Id": log}),
    "AWS::EC2::NatGateway": taggable(
        _create_nat_gateway, _delete_nat_gateway, attributes=lambda gateway: {"NatGatewayId": gateway}
    ),
    "AWS::EC2::SecurityGroupEgress": _rule("Egress"),
    "AWS::EC2::SecurityGroupIngress": _rule("Ingress"),
    "Custom::VpcRestrictDefaultSG": ResourceType(_close, lambda *_: None, lambda _id, _old, new: _close(new)),
}
