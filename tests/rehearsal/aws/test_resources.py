"""Resources are made, changed and deleted as in AWS, and what AWS would refuse rolls its stack back."""

import json
from typing import Any

import pytest

from tests.rehearsal.aws.conftest import Aws
from tests.rehearsal.aws.stack import Stack
from tests.rehearsal.aws.templates import SUBNET, VPC

pytestmark = pytest.mark.full

IMAGE = "/aws/service/canonical/ubuntu/server/24.04/stable/{}/arm64/hvm/ebs-gp3/ami-id"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
            ],
        }
    },
}
PROFILE = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}}


def group(vpc: str | dict[str, str]) -> dict[str, Any]:
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "hosts", "VpcId": vpc}}


PLACE = {"Vpc": VPC, "Subnet": SUBNET, "Group": group({"Ref": "Vpc"}), "Role": ROLE, "Profile": PROFILE}


@pytest.fixture
def image(aws: Aws) -> str:
    """An image that Canonical's parameter names."""
    return image_of(aws, "20260923")


def image_of(aws: Aws, date: str) -> str:
    return str(aws.client("ssm").get_parameter(Name=IMAGE.format(date))["Parameter"]["Value"])


def host(image: str, **changed: Any) -> dict[str, Any]:
    interface = {"DeviceIndex": "0", "SubnetId": {"Ref": "Subnet"}, "GroupSet": [{"Ref": "Group"}]}
    return {
        "Type": "AWS::EC2::Instance",
        "Properties": {
            "ImageId": image,
            "InstanceType": "t4g.small",
            "IamInstanceProfile": {"Ref": "Profile"},
            "NetworkInterfaces": [interface | changed.pop("interface", {})],
            **changed,
        },
    }


def running(aws: Aws) -> dict[str, Any]:
    reservations = aws.client("ec2").describe_instances()["Reservations"]
    hosts = [host for reservation in reservations for host in reservation["Instances"]]
    return {host["InstanceId"]: host for host in hosts if host["State"]["Name"] == "running"}


def test_a_host_runs_in_its_subnet_and_keeps_its_name_when_it_grows(aws: Aws, stack: Stack, image: str) -> None:
    assert stack.deploy(PLACE | {"Host": host(image)}) == "CREATE_COMPLETE", stack.reasons
    name = stack.ids["Host"]
    assert running(aws)[name]["PrivateIpAddress"] == "10.1.2.4"
    tagged = host(image, InstanceType="t4g.large", Tags=[{"Key": "owner", "Value": "us"}])
    assert stack.deploy(PLACE | {"Host": tagged}) == "UPDATE_COMPLETE", stack.reasons
    assert stack.ids["Host"] == name
    assert running(aws)[name]["InstanceType"] == "t4g.large"
    assert running(aws)[name]["Tags"] == [{"Key": "owner", "Value": "us"}]


def test_another_image_replaces_a_host_and_leaves_no_disk(aws: Aws, stack: Stack, image: str) -> None:
    stack.deploy(PLACE | {"Host": host(image)})
    before = stack.ids["Host"]
    assert stack.deploy(PLACE | {"Host": host(image_of(aws, "20261024"))}) == "UPDATE_COMPLETE", stack.reasons
    assert stack.ids["Host"] != before
    assert set(running(aws)) == {stack.ids["Host"]}
    assert len(aws.client("ec2").describe_volumes()["Volumes"]) == 1


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (host("ami-0123456789abcdef0"), "The ami ID 'ami-0123456789abcdef0' does not exist"),
        (host("IMAGE", interface={"SubnetId": "subnet-0123"}), "The subnet ID 'subnet-0123' does not exist"),
        (host("IMAGE", interface={"GroupSet": ["sg-0123"]}), "The sg ID 'sg-0123' does not exist"),
        (host("IMAGE", IamInstanceProfile="nobody"), "Instance profile nobody not found"),
    ],
    ids=["image", "subnet", "group", "profile"],
)
def test_a_host_of_what_is_not_there_is_refused_and_its_stack_rolled_back(
    aws: Aws, stack: Stack, image: str, refused: dict[str, Any], reason: str
) -> None:
    text = json.dumps(PLACE | {"Host": refused}).replace("IMAGE", image)
    assert stack.deploy(json.loads(text)) == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons
    assert running(aws) == {}
    assert [vpc for vpc in aws.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []


def test_a_type_that_the_emulator_has_is_refused_what_is_not_there(stack: Stack) -> None:
    assert stack.deploy({"Vpc": VPC, "Group": group("vpc-0123")}) == "ROLLBACK_COMPLETE"
    assert "The vpc ID 'vpc-0123' does not exist" in stack.reasons


def test_a_refused_change_leaves_everything_as_it_was(aws: Aws, stack: Stack, image: str) -> None:
    stack.deploy(PLACE | {"Host": host(image)})
    before, name = running(aws), stack.ids["Host"]
    larger = host(image, InstanceType="t4g.large")
    refused = group("vpc-0123") | {"DependsOn": ["Host"]}
    assert stack.deploy(PLACE | {"Host": larger, "Refused": refused}) == "UPDATE_ROLLBACK_COMPLETE"
    assert running(aws)[name] == before[name]


def manifest(kind: str) -> dict[str, Any]:
    object_ = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "words", "namespace": "slipway"},
        "data": {"a": "1"},
    }
    return {"Type": "Custom::AWSCDK-EKS-KubernetesResource", "Properties": {"Manifest": json.dumps([object_])}}


def test_a_manifest_reaches_the_cluster_and_goes_with_its_stack(aws: Aws, stack: Stack) -> None:
    assert stack.deploy({"Words": manifest("ConfigMap")}) == "CREATE_COMPLETE", stack.reasons
    assert aws.node.kept["ConfigMap", "words"]["data"] == {"a": "1"}
    stack.delete()
    assert ("ConfigMap", "words") not in aws.node.kept


def test_a_manifest_that_the_cluster_does_not_know_rolls_its_stack_back(stack: Stack) -> None:
    assert stack.deploy({"Words": manifest("Sentence")}) == "ROLLBACK_COMPLETE"
    assert 'no matches for kind "Sentence" in version "v1"' in stack.reasons


def test_hosts_are_not_configured_with_what_the_document_does_not_allow(stack: Stack) -> None:
    document = {
        "Type": "AWS::SSM::Document",
        "Properties": {
            "DocumentType": "Command",
            "DocumentFormat": "JSON",
            "TargetType": "/AWS::EC2::Instance",
            "Content": {"parameters": {"Play": {"type": "String", "allowedPattern": "^[a-z]+$"}}},
        },
    }
    association = {
        "Type": "AWS::SSM::Association",
        "Properties": {
            "Name": {"Ref": "Document"},
            "AssociationName": "words",
            "Targets": [],
            "Parameters": {"Play": ["a; reboot"]},
            "ScheduleExpression": "rate(1 day)",
        },
    }
    assert stack.deploy({"Document": document, "Association": association}) == "ROLLBACK_COMPLETE"
    assert "Parameter Play does not match ^[a-z]+$: a; reboot" in stack.reasons
