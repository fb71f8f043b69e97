"""Hosts, their disks and their images."""

import re
from hashlib import sha256
from ipaddress import IPv4Network
from typing import Any

from ministack.services import ec2 as ec2_service
from ministack.services import ssm

from rehearsal.aws.resources.ec2 import taggable
from rehearsal.aws.resources.resource_type import Properties, RefusedError, client

_IMAGE = re.compile(
    r"/aws/service/canonical/ubuntu/server/\d\d\.04/stable/\d{8}(\.\d+)?/(arm64|amd64)/hvm/ebs-gp3/ami-id"
)
_RESERVED = 4
"""Addresses at a subnet's beginning that AWS keeps to itself."""


class Images(dict[str, str]):
    """The public parameters that name images: Canonical's are all there, whatever their date."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return the image that the parameter names; there is one from then on."""
        if name not in self and _IMAGE.fullmatch(name):
            self[name] = f"ami-{sha256(name.encode()).hexdigest()[:17]}"
        return super().get(name, default)


images = Images(ssm._PUBLIC_AMI_PARAMETERS)


def _create_instance(properties: Properties) -> str:
    (interface,) = properties["NetworkInterfaces"]
    profile = properties["IamInstanceProfile"].rpartition("/")[2]  # the emulator's Ref is the ARN, not the name
    client("iam").get_instance_profile(InstanceProfileName=profile)  # refuses one that is missing
    (made,) = client("ec2").run_instances(
        ImageId=properties["ImageId"],
        InstanceType=properties["InstanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=interface["SubnetId"],
        SecurityGroupIds=interface["GroupSet"],
        PrivateIpAddress=_free_address(interface["SubnetId"]),
        IamInstanceProfile={"Name": profile},
        UserData=properties.get("UserData", ""),
    )["Instances"]
    return str(made["InstanceId"])


def _free_address(subnet_id: str) -> str:
    ec2 = client("ec2")
    (subnet,) = ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    taken = {host["PrivateIpAddress"] for host in _hosts() if host["SubnetId"] == subnet_id}
    addresses = [str(address) for address in IPv4Network(subnet["CidrBlock"]).hosts()][_RESERVED - 1 :]
    return next(address for address in addresses if address not in taken)


def _hosts(*ids: str) -> list[dict[str, Any]]:
    pages = client("ec2").describe_instances(InstanceIds=list(ids))
    return [host for reservation in pages["Reservations"] for host in reservation["Instances"]]


def _describe_instance(instance: str) -> dict[str, Any]:
    (host,) = _hosts(instance)
    return {
        "AvailabilityZone": host["Placement"]["AvailabilityZone"],
        "InstanceId": instance,
        "PrivateIp": host["PrivateIpAddress"],
        "PrivateDnsName": host["PrivateDnsName"],
        "VpcId": host["VpcId"],
    }


def _change_instance(instance: str, _old: Properties, new: Properties) -> None:
    host = ec2_service._instances[instance]  # the emulator has no call for it
    host |= {"InstanceType": new["InstanceType"], "UserData": new.get("UserData", "")}


def _delete_instance(instance: str, _properties: Properties) -> None:
    ec2 = client("ec2")
    (host,) = _hosts(instance)
    ec2.terminate_instances(InstanceIds=[instance])
    for disk in host["BlockDeviceMappings"]:  # the emulator would keep them
        ec2.detach_volume(VolumeId=disk["Ebs"]["VolumeId"])
        ec2.delete_volume(VolumeId=disk["Ebs"]["VolumeId"])


def _create_volume(properties: Properties) -> str:
    made = client("ec2").create_volume(
        AvailabilityZone=properties["AvailabilityZone"],
        Size=int(properties["Size"]),
        VolumeType=properties["VolumeType"],
        Encrypted=properties["Encrypted"],
    )
    return str(made["VolumeId"])


def _change_volume(volume: str, old: Properties, new: Properties) -> None:
    if int(new["Size"]) < int(old["Size"]):
        raise RefusedError("New size cannot be smaller than existing size")
    client("ec2").modify_volume(VolumeId=volume, Size=int(new["Size"]), VolumeType=new["VolumeType"])


def _delete_volume(volume: str, _properties: Properties) -> None:
    client("ec2").delete_volume(VolumeId=volume)


TYPES = {
    "AWS::EC2::Instance": taggable(
        _create_instance,
        _delete_instance,
        change=_change_instance,
        replaced_by=frozenset({"BlockDeviceMappings", "ImageId", "NetworkInterfaces"}),
        attributes=_describe_instance,
    ),
    "AWS::EC2::Volume": taggable(
        _create_volume,
        _delete_volume,
        change=_change_volume,
        replaced_by=frozenset({"AvailabilityZone", "Encrypted"}),
        attributes=lambda volume: {"VolumeId": volume},
    ),
}
