"""Who may do what: every policy in every template, those that the CDK writes by itself included."""

from collections.abc import Iterable

import pytest

from tests.stacks.policies import Statement, statements
from tests.stacks.synthesis import Synthesis

HOSTS = ("Jenkins", "Test")
LISTING = "describing and listing know no narrower resource"
SIGN_IN = "signing in to ECR knows no narrower resource; which repositories, other statements say"
AGENT = "the agent of Systems Manager reports, and opens its own channels: they know no narrower resource"
ON_EVERY_HOST = {
    "ecr:GetAuthorizationToken": SIGN_IN,
    "ssm:DescribeParameters": LISTING,
    "ssm:ListAssociations": AGENT,
    "ssm:PutInventory": AGENT,
    "ssmmessages:CreateControlChannel": AGENT,
    "ssmmessages:CreateDataChannel": AGENT,
    "ssmmessages:OpenControlChannel": AGENT,
    "ssmmessages:OpenDataChannel": AGENT,
}
WIDE_RESOURCES = {
    **{(f"CiStack/{host}RoleDefaultPolicy", action): why for host in HOSTS for action, why in ON_EVERY_HOST.items()},
    ("CiStack/JenkinsRoleDefaultPolicy", "ec2:DescribeInstances"): LISTING,
    ("CiStack/JenkinsRoleDefaultPolicy", "ec2:DescribeTags"): LISTING,
    ("CiStack/JenkinsRoleDefaultPolicy", "ec2:DescribeVolumes"): LISTING,
    ("CiStack/AnsibleRegistrationRoleDefaultPolicy", "ssm:DescribeInstanceInformation"): LISTING,
    ("CiStack/JenkinsHomeSnapshotRole", "ec2:DescribeInstances"): LISTING,
    ("CiStack/JenkinsHomeSnapshotRole", "ec2:DescribeSnapshots"): LISTING,
    ("CiStack/JenkinsHomeSnapshotRole", "ec2:DescribeVolumes"): LISTING,
    ("CiStack/JenkinsHomeSnapshotRemovalRoleDefaultPolicy", "ec2:DescribeSnapshots"): LISTING,
    **{
        (role, f"ec2:{action}"): "Lambda demands it of every function in a VPC"
        for role in (
            "CiStack/WebhookRoleDefaultPolicy",
            "ProdStack/GateRoleDefaultPolicy",
            "ProdStack/WatchPodsRoleDefaultPolicy",
        )
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
    },
    ("ClusterStack/ClusterKey", "kms:*"): "in a key's policy, `*` is the key itself",
}
"""Where `*` stands for every resource, without a condition, and why."""

CLEANER = "the CDK's function that empties the bucket before CloudFormation deletes it, on that bucket alone"
WIDE_ACTIONS = {
    ("ClusterStack/ClusterKey", "kms:*"): "the account's own IAM policies decide, as for every key that can be managed",
    ("ProdStack/EntryPointAccessLogsPolicy", "s3:DeleteObject*"): CLEANER,
    ("ProdStack/EntryPointAccessLogsPolicy", "s3:GetBucket*"): CLEANER,
    ("ProdStack/EntryPointAccessLogsPolicy", "s3:List*"): CLEANER,
}
"""Where an action has a `*` in it, and why."""

PASSED = "it takes roles of its own account alone, from those who may pass them"
TRUSTED = {
    "Service: ec2.amazonaws.com": PASSED,
    "Service: events.amazonaws.com": "it gives SNS no account to judge by, and takes topics of a rule's own account",
    "Service: lambda.amazonaws.com": PASSED,
    "Service: logdelivery.elasticloadbalancing.amazonaws.com": "the only path it may write to names the account",
}
"""Services that need not say for which account they act, and why."""

CONFUSED_DEPUTY = {"aws:SourceAccount", "aws:SourceArn"}


@pytest.fixture(scope="module")
def allowed(synthesis: Synthesis) -> list[Statement]:
    """Every statement that allows something."""
    found = [statement for statement in statements(synthesis) if statement.effect == "Allow"]
    assert len(found) > 30
    return found


def _wide_actions(allowed: Iterable[Statement]) -> set[tuple[str, str]]:
    return {(item.where, action) for item in allowed for action in item.actions if "*" in action}


def _wide_resources(allowed: Iterable[Statement]) -> set[tuple[str, str]]:
    return {
        (item.where, action)
        for item in allowed
        for action in item.actions
        if "*" in item.resources and not item.condition
    }


def test_no_action_is_wider_than_it_is_written_down(allowed: list[Statement]) -> None:
    assert _wide_actions(allowed) == set(WIDE_ACTIONS)


def test_no_resource_is_everything_unless_written_down_why(allowed: list[Statement]) -> None:
    assert _wide_resources(allowed) == set(WIDE_RESOURCES)


def test_nothing_is_allowed_by_exclusion(synthesis: Synthesis) -> None:
    for stack in synthesis.templates:
        text = synthesis.path(stack).read_text("utf-8")
        assert [key for key in ("NotAction", "NotResource", "NotPrincipal") if f'"{key}"' in text] == []


def test_nobody_is_trusted_who_is_not_named(allowed: list[Statement]) -> None:
    assert [(item.where, item.principals) for item in allowed if "*" in "".join(item.principals)] == []
    trusts = [item for item in allowed if "sts:AssumeRole" in item.actions and item.principals]
    assert {item.resource_type for item in trusts} == {"AWS::IAM::Role"}
    assert len({(item.stack, item.logical_id) for item in trusts}) == _roles(allowed)


def _roles(allowed: Iterable[Statement]) -> int:
    return len({(item.stack, item.logical_id) for item in allowed if item.resource_type == "AWS::IAM::Role"})


def test_a_service_acts_for_this_account_alone(allowed: list[Statement]) -> None:
    unconditional = {
        (item.where, principal)
        for item in allowed
        for principal in item.principals
        if principal.startswith("Service: ") and not CONFUSED_DEPUTY & _condition_keys(item)
    }
    assert {principal for _, principal in unconditional} == set(TRUSTED), sorted(unconditional)


def _condition_keys(statement: Statement) -> set[str]:
    return {key for test in statement.condition.values() for key in test}


def test_no_user_group_or_access_key_is_made(synthesis: Synthesis) -> None:
    kinds = {f"AWS::IAM::{kind}" for kind in ("User", "Group", "AccessKey", "UserPolicy", "GroupPolicy")}
    assert list(synthesis.resources(*kinds)) == []


def test_the_tests_see_what_they_look_for() -> None:
    wide = Statement("Stack", "Bad12345678", "AWS::IAM::Policy", "Allow", ["s3:*"], ["*"], [], {})
    assert _wide_actions([wide]) == _wide_resources([wide]) == {("Stack/Bad", "s3:*")}
