import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.synthesis import Synthesis

STACK = "DataStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def test_the_database_survives_a_zone_and_two_weeks_of_mistakes(template: Template) -> None:
    template.has_resource_properties("AWS::RDS::DBInstance", {"MultiAZ": True, "BackupRetentionPeriod": 14})


def test_the_database_refuses_deletion_and_leaves_a_snapshot(synthesis: Synthesis, template: Template) -> None:
    template.has_resource(
        "AWS::RDS::DBInstance",
        {
            "Properties": {"DeletionProtection": True, "DeleteAutomatedBackups": False},
            "DeletionPolicy": "Snapshot",
            "UpdateReplacePolicy": "Snapshot",
        },
    )
    assert synthesis.artifacts[STACK]["properties"]["terminationProtection"] is True


def test_minor_versions_install_themselves_within_a_window(template: Template) -> None:
    template.has_resource_properties(
        "AWS::RDS::DBInstance",
        {
            "AutoMinorVersionUpgrade": True,
            "PreferredMaintenanceWindow": "sun:02:00-sun:03:00",
            "PreferredBackupWindow": "01:00-01:30",  # RDS refuses windows that overlap
        },
    )


def test_what_statements_wait_for_is_recorded(template: Template) -> None:
    template.has_resource_properties("AWS::RDS::DBInstance", {"EnablePerformanceInsights": True})


def test_its_log_groups_are_made_first(template: Template) -> None:
    groups = template.find_resources("AWS::Logs::LogGroup")
    names = {group["Properties"]["LogGroupName"] for group in groups.values()}
    assert names == {f"/aws/rds/instance/slipway-production/{log}" for log in ("error", "slowquery")}
    template.has_resource(
        "AWS::RDS::DBInstance",
        {
            "Properties": {
                "DBInstanceIdentifier": "slipway-production",
                "EnableCloudwatchLogsExports": ["error", "slowquery"],
            },
            "DependsOn": Match.array_with(sorted(groups)),
        },
    )


def test_it_lets_nobody_in_by_itself(synthesis: Synthesis, template: Template) -> None:
    template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)
    template.all_resources_properties("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": Match.absent()})
    assert synthesis.dependencies(STACK) == {"NetworkStack"}
