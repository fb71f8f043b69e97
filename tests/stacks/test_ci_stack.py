import base64
import json
from hashlib import sha256

import pytest
from aws_cdk.assertions import Match, Template

from rehearsal import ROOT
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
            "AvailabilityZone": Match.absent(),  # the subnet's
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


@pytest.mark.parametrize(
    ("metric", "action"), [("StatusCheckFailed_System", "recover"), ("StatusCheckFailed_Instance", "reboot")]
)
def test_a_host_that_fails_is_moved_and_one_that_hangs_restarted_and_somebody_is_told(
    template: Template, metric: str, action: str
) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm", {"Properties": {"MetricName": metric}})
    watched = {alarm["Properties"]["Dimensions"][0]["Value"]["Ref"] for alarm in alarms.values()}

    assert watched == set(template.find_resources("AWS::EC2::Instance"))
    for alarm in alarms.values():
        # the metric is 0 or 1
        judged = [alarm["Properties"][key] for key in ("Statistic", "ComparisonOperator", "Threshold")]
        assert judged == ["Maximum", "GreaterThanOrEqualToThreshold", 1]
        tell, act = alarm["Properties"]["AlarmActions"]
        assert flat(act).endswith(f":ec2:{action}")
        assert "NetworkStack:ExportsOutputRefAlarms" in tell["Fn::ImportValue"]


def test_what_the_hosts_tell_each_other_goes_with_the_stack(template: Template) -> None:
    parameters = template.find_resources("AWS::SSM::Parameter").values()

    assert {item["Properties"]["Name"]: item["Properties"]["Value"] for item in parameters} == {
        "/slipway/ci/controller-public-key": "none",
        "/slipway/ci/test-host-key": "none",
        "/slipway/release/last-good": "none",
    }
    assert not [item for item in parameters if item.get("DeletionPolicy", "Delete") != "Delete"]


WAYS = [
    ("WebhookSecurityGroup", "JenkinsSecurityGroup", 8080),
    ("JenkinsSecurityGroup", "TestSecurityGroup", 22),
    ("TestSecurityGroup", "TestDatabaseSecurityGroup", 3306),
]
"""Who connects to whom on the build side, and where."""


def _group(reference: dict[str, list[str]]) -> str:
    """Return a security group's construct ID."""
    return reference["Fn::GetAtt"][0].rstrip("0123456789ABCDEF")


@pytest.mark.parametrize(
    ("direction", "source", "target"),
    [("Ingress", "SourceSecurityGroupId", "GroupId"), ("Egress", "GroupId", "DestinationSecurityGroupId")],
)
def test_who_reaches_whom(template: Template, direction: str, source: str, target: str) -> None:
    rules = [rule["Properties"] for rule in template.find_resources(f"AWS::EC2::SecurityGroup{direction}").values()]
    found = [(_group(rule[source]), _group(rule[target]), rule["FromPort"], rule["ToPort"]) for rule in rules]
    assert sorted(found) == sorted((*way, way[2]) for way in WAYS)


def test_hosts_reach_the_world_for_packages_alone(template: Template) -> None:
    groups = template.find_resources("AWS::EC2::SecurityGroup")
    for host in ("Jenkins", "Test"):
        (group,) = (group for id_, group in groups.items() if id_.startswith(f"{host}SecurityGroup"))
        out = [
            (rule["IpProtocol"], rule["CidrIp"], rule["FromPort"], rule["ToPort"])
            for rule in group["Properties"]["SecurityGroupEgress"]
        ]
        assert out == [("tcp", "0.0.0.0/0", 80, 80), ("tcp", "0.0.0.0/0", 443, 443)]


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
    # a changed script makes a new version, not a new document, which could not take the old one's place
    template.has_resource_properties("AWS::SSM::Document", {"UpdateMethod": "NewVersion"})


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
        "slipway_approval",
        "slipway_chat_secret",
        "slipway_github_token_secret",
        "slipway_jenkins_admin_secret",
        "slipway_jenkins_volume_id",
        "slipway_jira_secret",
        "slipway_last_good_parameter",
        "slipway_oidc_admins",
        "slipway_oidc_client_id",
        "slipway_oidc_client_secret",
        "slipway_oidc_issuer",
        "slipway_release_registry",
        "slipway_test_database_host",
        "slipway_test_database_secret",
        "slipway_test_executors",
        "slipway_test_host_address",
    }


def test_no_variable_can_be_taken_for_a_part_of_the_script(template: Template) -> None:
    document = next(iter(template.find_resources("AWS::SSM::Document").values()))["Properties"]["Content"]
    pattern = Match.string_like_regexp(document["parameters"]["Variables"]["allowedPattern"])
    assert pattern.test(base64.b64encode(b"'; reboot #").decode()).has_failed() is False
    assert pattern.test("'; reboot #").has_failed() is True
    first = document["mainSteps"][1]["inputs"]["runCommand"][0]
    assert first.startswith("set -- '{{ Play }}' '{{ Variables }}' # ")


def test_a_changed_script_is_run_by_the_deployment_that_changes_it(template: Template) -> None:
    """An association runs anew when its own parameters change, and not when the document that it names does."""
    script = (ROOT / "constructs/slipway/ansible_delivery.sh").read_bytes()
    for item in template.find_resources("AWS::SSM::Association").values():
        (version,) = item["Properties"]["Parameters"]["Script"]
        assert sha256(script).hexdigest().startswith(version)


def test_the_webhook_is_throttled_and_answers_posts_on_one_path(template: Template) -> None:
    template.resource_count_is("AWS::ApiGatewayV2::Route", 1)
    template.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": "POST /github"})
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {"DefaultRouteSettings": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 20}},
    )


def test_the_webhook_answers_before_github_gives_up(template: Template) -> None:
    template.has_resource_properties("AWS::Lambda::Function", {"Handler": "handler.handle", "Timeout": 9})


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
