"""Every role has the boundary; it lets through what roles need, and nothing that leads beyond them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.bootstrap.policies import OURS, Policies, filled, judge, refused, with_lists
from tests.stacks.bootstrap.samples import ACCOUNT, BOUNDARY, REGION, arn
from tests.stacks.synthesis import Synthesis

pytestmark = pytest.mark.full

MANAGED: dict[str, list[str]] = json.loads(Path(__file__).with_name("managed_policies.json").read_text("utf-8"))
DEPLOY_ROLE = arn("iam", f"role/cdk-slipway-deploy-role-{ACCOUNT}-{REGION}", region="")
HOST = arn("ec2", "instance/i-1")
_OF_ONE_HOST = (
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
)
MEANT = {
    "cloudwatch:PutMetricData": "*",
    "sts:AssumeRole": DEPLOY_ROLE,
    **dict.fromkeys(_OF_ONE_HOST, HOST),
}
"""Resources of actions for which the kind alone does not say which one is meant."""

WITHHELD = {
    "ecr-public:": "images of the public registry need no sign-in",
    "sts:GetServiceBearerToken": "images of the public registry need no sign-in",
    "shield:": "the cluster makes no load balancers, so it protects none",
}
"""What AWS's managed policies allow and the boundary does not, and why nobody misses it."""


IDENTITIES = {
    "iam:AddRoleToInstanceProfile": arn("iam", "instance-profile/eks-1", region=""),
    "iam:CreateServiceLinkedRole": arn(
        "iam", "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot", region=""
    ),
    "iam:PassRole": arn("iam", "role/ClusterStack-Nodes-1", region=""),
}
"""Which identities they are allowed for; the boundary allows no others."""


def attached(synthesis: Synthesis) -> set[str]:
    """Return the names of AWS's managed policies that roles carry."""
    return {
        filled(policy).rpartition("/")[2]
        for _, _, role in synthesis.resources("AWS::IAM::Role")
        for given in role["Properties"].get("ManagedPolicyArns", [])
        for policy in (given["Fn::If"][1:2] if "Fn::If" in given else [given])
    }


def granted(synthesis: Synthesis) -> set[str]:
    """Return the actions that the stacks grant to roles by policies of their own."""
    documents = [policy["Properties"]["PolicyDocument"] for _, _, policy in synthesis.resources("AWS::IAM::Policy")] + [
        policy["PolicyDocument"]
        for _, _, role in synthesis.resources("AWS::IAM::Role")
        for policy in role["Properties"].get("Policies", [])
    ]
    return {action for document in documents for item in with_lists(document)["Statement"] for action in item["Action"]}


def test_every_role_has_it(synthesis: Synthesis) -> None:
    roles = list(synthesis.resources("AWS::IAM::Role"))
    assert roles
    for stack, logical_id, role in roles:
        assert filled(role["Properties"].get("PermissionsBoundary")) == BOUNDARY, f"{stack} {logical_id}"


def test_it_lets_through_what_the_stacks_grant(policies: Policies, synthesis: Synthesis) -> None:
    requests: list[dict[str, Any]] = [
        {"action": action, **({"resource": MEANT[action]} if action in MEANT else {})}
        for action in sorted(granted(synthesis))
    ]
    assert requests
    assert refused(policies.boundary, requests) == []


def test_it_lets_through_what_the_managed_policies_allow(policies: Policies, synthesis: Synthesis) -> None:
    names = attached(synthesis)
    assert names <= set(MANAGED), "look up what it allows, add it to managed_policies.json"
    actions = {action for name in names for action in MANAGED[name] if not action.startswith(tuple(WITHHELD))}
    context = {**OURS, "iam:PassedToService": "ec2.amazonaws.com"}
    requests = [
        {"action": action, "context": context, "samples": None, "resource": IDENTITIES.get(action)}
        for action in sorted(actions)
    ]
    assert refused(policies.boundary, requests) == []


FORBIDDEN = (
    ("iam:CreateRole", arn("iam", "role/CiStack-Mallory", region="")),
    ("iam:PutRolePolicy", arn("iam", "role/CiStack-JenkinsRole-1", region="")),
    ("iam:AttachRolePolicy", arn("iam", "role/CiStack-JenkinsRole-1", region="")),
    ("iam:DeleteRolePermissionsBoundary", arn("iam", "role/CiStack-JenkinsRole-1", region="")),
    ("iam:CreatePolicyVersion", BOUNDARY),
    ("iam:CreateUser", arn("iam", "user/mallory", region="")),
    ("iam:PassRole", arn("iam", "role/payroll", region="")),
    ("sts:AssumeRole", arn("iam", "role/payroll", region="")),
    *(
        ("sts:AssumeRole", arn("iam", f"role/cdk-slipway-{role}-role-{ACCOUNT}-{REGION}", region=""))
        for role in ("cfn-exec", "image-publishing", "lookup")
    ),
    ("cloudformation:CreateStack", arn("cloudformation", "stack/Mallory/1")),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:CiStack-Webhook-1")),
    ("lambda:InvokeFunction", arn("lambda", "function:payroll")),
    ("ssm:SendCommand", arn("ec2", "instance/i-2")),
    ("ssm:StartSession", arn("ec2", "instance/i-2")),
    ("organizations:LeaveOrganization", "*"),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1")),
    ("rds:DeleteDBInstance", arn("rds", "db:slipway-production")),
    ("cloudtrail:StopLogging", arn("cloudtrail", "trail/audit")),
)


@pytest.fixture(scope="module")
def answers(policies: Policies) -> dict[tuple[str, str], Any]:
    """What IAM says of all that is forbidden, asked at once."""
    requests = [{"action": action, "resource": resource} for action, resource in FORBIDDEN]
    return dict(zip(FORBIDDEN, judge(policies.boundary, requests), strict=True))


@pytest.mark.parametrize(("action", "resource"), FORBIDDEN)
def test_no_role_may(answers: dict[tuple[str, str], Any], action: str, resource: str) -> None:
    answer = answers[action, resource]
    assert answer["exists"]
    assert answer["verdicts"] == {resource: "ImplicitlyDenied"}


def test_it_ends_at_the_region(policies: Policies) -> None:
    elsewhere = {**OURS, "aws:RequestedRegion": "us-east-1"}
    instance = arn("ec2", "instance/i-1", region="us-east-1")
    request = {"action": "ec2:RunInstances", "resource": instance, "context": elsewhere}
    assert refused(policies.boundary, [request]) == [f"ec2:RunInstances on {instance}: ImplicitlyDenied"]


def test_a_login_to_a_database_needs_no_region_in_the_request(policies: Policies) -> None:
    user = arn("rds-db", "dbuser:db-1/application")
    (verdict,) = judge(policies.boundary, [{"action": "rds-db:connect", "resource": user, "context": {}}])
    assert verdict["verdicts"] == {user: "Allowed"}
