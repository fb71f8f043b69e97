import base64
import json
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.synthesis import Synthesis, flat

STACK = "CiStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def _actions(template: Template, role: str) -> dict[str, list[Any]]:
    """Return what the policies of the role whose logical ID starts with `role` allow, by action."""
    allowed: dict[str, list[Any]] = {}
    for policy in template.find_resources("AWS::IAM::Policy").values():
        if any(item["Ref"].startswith(role) for item in policy["Properties"]["Roles"]):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    allowed.setdefault(action, []).append(statement["Resource"])
    return allowed


def test_hosts_are_private_and_without_a_key(template: Template) -> None:
    template.resource_count_is("AWS::EC2::Instance", 2)
    template.all_resources_properties(
        "AWS::EC2::Instance",
        {
            "KeyName": Match.absent(),
            "NetworkInterfaces": [
                Match.object_like(
                    {
                        "AssociatePublicIpAddress": False,
                        "SubnetId": {"Fn::ImportValue": Match.string_like_regexp("Vpcprivate")},
                    }
                )
            ],
        },
    )


def test_hosts_give_metadata_to_nobody_but_themselves(template: Template) -> None:
    template.all_resources_properties(
        "AWS::EC2::Instance", {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}}
    )


def test_disks_are_encrypted(template: Template) -> None:
    disk = Match.object_like({"Ebs": Match.object_like({"Encrypted": True, "VolumeType": "gp3"})})
    template.all_resources_properties("AWS::EC2::Instance", {"BlockDeviceMappings": [disk]})
    template.all_resources_properties("AWS::EC2::Volume", {"Encrypted": True, "VolumeType": "gp3"})


def test_the_image_is_a_dated_one_that_cloudformation_looks_up(template: Template) -> None:
    template.has_parameter(
        "*",
        {
            "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
            "Default": Match.string_like_regexp(r"^/aws/service/canonical/ubuntu/server/24\.04/stable/\d{8}/arm64/"),
        },
    )


def test_jenkins_home_lies_in_the_hosts_zone_and_is_snapshotted_daily(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EC2::Volume",
        {
            "AvailabilityZone": {"Fn::ImportValue": Match.string_like_regexp("privateSubnet1.*AvailabilityZone")},
            "Tags": Match.array_with([{"Key": "Name", "Value": "slipway-jenkins-home"}]),
        },
    )
    template.has_resource_properties(
        "AWS::DLM::LifecyclePolicy",
        {
            "PolicyDetails": Match.object_like(
                {
                    "TargetTags": [{"Key": "Name", "Value": "slipway-jenkins-home"}],
                    "Schedules": [Match.object_like({"RetainRule": {"Count": 14}})],
                }
            )
        },
    )


def test_the_test_host_writes_candidates_and_nothing_else(template: Template) -> None:
    allowed = _actions(template, "TestRole")
    assert set(allowed) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "rds-db:connect",
        "s3:GetObject",
        "s3:ListBucket",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "ssm:DescribeParameters",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:ListTagsForResource",
        "ssm:PutParameter",
    }
    assert "Candidate" in str(allowed["ecr:PutImage"])
    assert "Release" not in str(allowed["ecr:PutImage"])
    assert "TestDatabase" in str(allowed["secretsmanager:GetSecretValue"])
    assert flat(allowed["rds-db:connect"][0]).endswith("/application")
    assert flat(allowed["ssm:PutParameter"][0]).endswith(":parameter/slipway/ci/test-host-key")


def test_jenkins_deploys_through_the_bootstrap_roles_alone(template: Template) -> None:
    allowed = _actions(template, "JenkinsRole")
    roles = {flat(role).partition("role/")[2].partition("-AWS")[0] for role in allowed["sts:AssumeRole"][0]}
    assert roles == {
        "cdk-slipway-deploy-role",
        "cdk-slipway-file-publishing-role",
        "cdk-slipway-image-publishing-role",
        "cdk-slipway-lookup-role",
    }
    assert "Candidate" not in str(allowed["ecr:PutImage"])
    assert "rds-db:connect" not in allowed


@pytest.mark.parametrize(
    ("into", "source", "port"),
    [
        ("JenkinsSecurityGroup", "WebhookSecurityGroup", 8080),
        ("TestSecurityGroup", "JenkinsSecurityGroup", 22),
        ("TestDatabaseSecurityGroup", "TestSecurityGroup", 3306),
    ],
)
def test_who_reaches_whom(template: Template, into: str, source: str, port: int) -> None:
    rules = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    properties = [
        rule["Properties"]
        for rule in rules
        if rule["Properties"]["GroupId"]["Fn::GetAtt"][0].rstrip("0123456789ABCDEF") == into
    ]
    assert len(rules) == 3
    assert len(properties) == 1
    assert properties[0]["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith(source)
    assert (properties[0]["FromPort"], properties[0]["ToPort"]) == (port, port)


def test_the_test_database_is_small_and_goes_with_the_stack(template: Template) -> None:
    template.has_resource(
        "AWS::RDS::DBInstance",
        {
            "Properties": {
                "DBInstanceIdentifier": "slipway-test",
                "MultiAZ": False,
                "DeletionProtection": False,
                "DeleteAutomatedBackups": True,
            },
            "DeletionPolicy": "Delete",
        },
    )


@pytest.mark.parametrize("play", ["jenkins", "test"])
def test_a_deployment_waits_for_the_playbooks(template: Template, play: str) -> None:
    template.has_resource_properties(
        "AWS::SSM::Association",
        {
            "Name": {"Ref": Match.string_like_regexp("^AnsibleDocument")},
            "Parameters": Match.object_like({"Play": [play]}),
            "WaitForSuccessTimeoutSeconds": 2700,
            "ScheduleExpression": "rate(1 day)",
        },
    )


def test_the_playbooks_are_told_what_they_ask_for(template: Template) -> None:
    variables = {
        item["Properties"]["Parameters"]["Play"][0]: set(
            json.loads(flat(item["Properties"]["Parameters"]["Variables"][0]["Fn::Base64"]))
        )
        for item in template.find_resources("AWS::SSM::Association").values()
    }
    shared = {
        "slipway_candidate_registry",
        "slipway_name",
        "slipway_parameter_prefix",
        "slipway_region",
        "slipway_repository_url",
    }
    assert variables["test"] == shared
    assert variables["jenkins"] - shared == {
        "slipway_jenkins_admin_secret",
        "slipway_jenkins_volume_id",
        "slipway_release_registry",
        "slipway_test_database_host",
        "slipway_test_database_secret",
        "slipway_test_host_address",
    }


def test_no_variable_can_be_taken_for_a_part_of_the_script(template: Template) -> None:
    document = next(iter(template.find_resources("AWS::SSM::Document").values()))["Properties"]["Content"]
    pattern = Match.string_like_regexp(document["parameters"]["Variables"]["allowedPattern"])
    assert pattern.test(base64.b64encode(b"'; reboot #").decode()).has_failed() is False
    assert pattern.test("'; reboot #").has_failed() is True
    assert document["mainSteps"][1]["inputs"]["runCommand"][0] == "set -- '{{ Play }}' '{{ Variables }}'"


def test_the_webhook_is_throttled_and_answers_posts_on_one_path(template: Template) -> None:
    template.resource_count_is("AWS::ApiGatewayV2::Route", 1)
    template.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": "POST /github"})
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {"DefaultRouteSettings": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 20}},
    )


def test_it_depends_on_network_and_registry(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == {"NetworkStack", "RegistryStack"}


def test_it_says_that_the_repository_is_a_placeholder(synthesis: Synthesis) -> None:
    assert "ci.repository is a placeholder" in synthesis.messages
