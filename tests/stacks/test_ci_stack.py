import base64
import json

import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.synthesis import Synthesis, flat

STACK = "CiStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


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


def test_a_host_whose_hardware_fails_is_moved_and_somebody_is_told(template: Template) -> None:
    alarms = template.find_resources(
        "AWS::CloudWatch::Alarm", {"Properties": {"MetricName": "StatusCheckFailed_System"}}
    )
    watched = {alarm["Properties"]["Dimensions"][0]["Value"]["Ref"] for alarm in alarms.values()}

    assert watched == set(template.find_resources("AWS::EC2::Instance"))
    for alarm in alarms.values():
        recover, tell = alarm["Properties"]["AlarmActions"]
        assert flat(recover).endswith(":ec2:recover")
        assert "NetworkStack:ExportsOutputRefAlarms" in tell["Fn::ImportValue"]


def test_what_the_hosts_tell_each_other_goes_with_the_stack(template: Template) -> None:
    parameters = template.find_resources("AWS::SSM::Parameter").values()

    assert {item["Properties"]["Name"]: item["Properties"]["Value"] for item in parameters} == {
        "/slipway/ci/controller-public-key": "none",
        "/slipway/ci/test-host-key": "none",
        "/slipway/release/last-good": "none",
    }
    assert not [item for item in parameters if item.get("DeletionPolicy", "Delete") != "Delete"]


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
        "slipway_controller_key_parameter",
        "slipway_name",
        "slipway_region",
        "slipway_repository_url",
        "slipway_test_host_key_parameter",
    }
    assert variables["test"] == shared
    assert variables["jenkins"] - shared == {
        "slipway_github_token_secret",
        "slipway_jenkins_admin_secret",
        "slipway_jenkins_volume_id",
        "slipway_last_good_parameter",
        "slipway_oidc_admins",
        "slipway_oidc_client_id",
        "slipway_oidc_client_secret",
        "slipway_oidc_issuer",
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


def test_every_call_of_the_webhook_leaves_a_line_of_json(template: Template) -> None:
    (stage,) = template.find_resources("AWS::ApiGatewayV2::Stage").values()
    settings = stage["Properties"]["AccessLogSettings"]

    assert settings["DestinationArn"]["Fn::GetAtt"][0] in template.find_resources("AWS::Logs::LogGroup")
    assert {"$context.requestId", "$context.identity.sourceIp", "$context.status"} <= set(
        json.loads(settings["Format"]).values()
    )


def test_a_run_of_the_playbooks_that_fails_later_raises_an_alarm(template: Template) -> None:
    (document,) = template.find_resources("AWS::SSM::Document")
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.ssm"],
                "detail-type": ["EC2 State Manager Association State Change"],
                "detail": {"document-name": [{"Ref": document}], "status": ["Failed"]},
            },
            "Targets": [Match.object_like({"Arn": {"Fn::ImportValue": Match.string_like_regexp("Alarms")}})],
        },
    )
    assert {
        item["Properties"]["Name"]["Ref"] for item in template.find_resources("AWS::SSM::Association").values()
    } == {document}


def test_it_depends_on_network_and_registry(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == {"NetworkStack", "RegistryStack"}


def test_it_says_that_the_repository_is_a_placeholder(synthesis: Synthesis) -> None:
    assert "ci.repository is a placeholder" in synthesis.messages
