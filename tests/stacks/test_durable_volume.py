"""Jenkins' home: where it lies, and that nothing of it outlives the stack."""

import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.roles import listed, statements
from tests.stacks.synthesis import Synthesis

STACK = "CiStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


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
            "State": "ENABLED",
            "PolicyDetails": Match.object_like(
                {
                    "TargetTags": [{"Key": "Name", "Value": "slipway-jenkins-home"}],
                    "Schedules": [
                        Match.object_like(
                            {
                                "CreateRule": Match.object_like({"Interval": 24, "IntervalUnit": "HOURS"}),
                                "RetainRule": {"Count": 14},
                            }
                        )
                    ],
                }
            ),
        },
    )


def test_snapshots_are_removed_after_what_makes_them(template: Template) -> None:
    (removal,) = template.find_resources("Custom::SnapshotRemoval").items()
    (volume,) = template.find_resources("AWS::EC2::Volume").values()
    (policy,) = template.find_resources("AWS::DLM::LifecyclePolicy").values()

    assert removal[0] in volume["DependsOn"]
    assert removal[0] in policy["DependsOn"]
    mark = removal[1]["Properties"]["Tag"]
    tags = policy["Properties"]["PolicyDetails"]["Schedules"][0]["TagsToAdd"]
    assert tags == [{"Key": mark["key"], "Value": mark["value"]}]


@pytest.mark.parametrize(
    ("role", "tag"), [("JenkinsHomeSnapshotRemovalRole", "snapshot-of"), ("JenkinsHomeSnapshotRole", "Name")]
)
def test_only_the_volumes_own_snapshots_can_be_deleted(template: Template, role: str, tag: str) -> None:
    (statement,) = [item for item in statements(template, role) if "ec2:DeleteSnapshot" in listed(item["Action"])]

    assert statement["Condition"] == {"StringEquals": {f"aws:ResourceTag/{tag}": "slipway-jenkins-home"}}


def test_an_unanswered_removal_fails_in_minutes(template: Template) -> None:
    (removal,) = template.find_resources("Custom::SnapshotRemoval").values()
    functions = template.find_resources("AWS::Lambda::Function")
    function = functions[removal["Properties"]["ServiceToken"]["Fn::GetAtt"][0]]

    assert function["Properties"]["Timeout"] < int(removal["Properties"]["ServiceTimeout"]) <= 600
    # Lambda takes no more inline.
    assert len(function["Properties"]["Code"]["ZipFile"]) <= 4096
