"""A deployment may do what our resources need, and nothing that leads beyond them."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from bootstrap.arns import STACKS as ALLOWED_STACKS
from tests.stacks.bootstrap.needs import UNUSED, declared, needed
from tests.stacks.bootstrap.policies import OURS, Policies, judge, refused
from tests.stacks.bootstrap.samples import ACCOUNT, BOUNDARY, DOMAIN, REGION, arn
from tests.stacks.synthesis import STACKS, Synthesis, run_app

pytestmark = pytest.mark.full

# What the settings can add to the templates.
OPTIONAL = {
    "AWS::CertificateManager::Certificate",
    "AWS::Route53::RecordSet",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
}
NOT_SIMULATED = "apigateway:"  # the simulator's data know API Gateway's REST APIs only, not the HTTP APIs
ROLE = arn("iam", "role/CiStack-JenkinsRole-1", region="")
FOREIGN_ROLE = arn("iam", "role/payroll", region="")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
WITHOUT_TAG = {key: value for key, value in OURS.items() if not key.endswith("Tag/system")}
ELSEWHERE = {**OURS, "aws:RequestedRegion": "us-east-1"}
UNBOUND = {key: value for key, value in OURS.items() if key != "iam:PermissionsBoundary"}


def types(synthesis: Synthesis) -> set[str]:
    return OPTIONAL | {item["Type"] for stack in synthesis.templates.values() for item in stack["Resources"].values()}


def actions(synthesis: Synthesis) -> list[str]:
    return sorted({action for type_ in types(synthesis) for action in needed(type_)})


def test_it_may_do_what_cloudformation_needs_for_every_resource_type(policies: Policies, synthesis: Synthesis) -> None:
    simulated = [action for action in actions(synthesis) if not action.startswith(NOT_SIMULATED)]
    linked = arn("iam", "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", region="")
    requests = [
        {"action": action, **({"resource": linked} if action == "iam:CreateServiceLinkedRole" else {})}
        for action in simulated
    ]
    assert refused(policies.execution, requests) == []


def test_it_may_do_what_cloudformation_needs_for_the_webhooks_api(policies: Policies, synthesis: Synthesis) -> None:
    verbs = {action for action in actions(synthesis) if action.startswith(NOT_SIMULATED)}
    (statement,) = (
        item
        for document in policies.execution
        for item in document["Statement"]
        if any(action.startswith(NOT_SIMULATED) for action in item["Action"])
    )
    assert set(statement["Action"]) == verbs
    assert set(statement["Resource"]) == {
        f"arn:aws:apigateway:{REGION}::{path}" for path in ("/apis", "/apis/*", "/tags/*")
    }


def test_what_is_said_to_be_unused_stands_in_a_schema(synthesis: Synthesis) -> None:
    stated = {action for type_ in types(synthesis) for action in declared(type_)}
    idle = [pattern for pattern in UNUSED if not any(fnmatchcase(action, pattern) for action in stated)]
    assert idle == []


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # the last snapshot of a database that is deleted, and a database made of one
        ("rds:CreateDBSnapshot", arn("rds", "snapshot:datastack-snapshot-1")),
        ("rds:AddTagsToResource", arn("rds", "snapshot:datastack-snapshot-1")),
        ("rds:RestoreDBInstanceFromDBSnapshot", arn("rds", "snapshot:slipway-before-upgrade")),
        ("ssm:CreateAssociation", arn("ec2", "instance/i-1")),
        ("ec2:DescribeAvailabilityZones", "*"),
    ],
)
def test_it_may_do_what_no_schema_says(policies: Policies, action: str, resource: str) -> None:
    assert refused(policies.execution, [{"action": action, "resource": resource}]) == []


@pytest.mark.parametrize(
    "service",
    [
        "eks",
        "elasticloadbalancing",
        "events",  # an alarm that recovers a host, the first in an account
        "ops.apigateway",
        "rds",
        "ssm",
    ],
)
def test_it_may_make_the_role_that_a_service_wants_of_an_account_once(policies: Policies, service: str) -> None:
    principal = f"{service}.amazonaws.com"
    role = arn("iam", f"role/aws-service-role/{principal}/AWSServiceRoleFor", region="")
    request = {"action": "iam:CreateServiceLinkedRole", "resource": role}
    assert refused(policies.execution, [{**request, "context": {**OURS, "iam:AWSServiceName": principal}}]) == []


def test_it_may_read_the_parameters_that_templates_name(policies: Policies, synthesis: Synthesis) -> None:
    names = {
        parameter["Default"]
        for template in synthesis.templates.values()
        for parameter in template["Parameters"].values()
        if parameter["Type"].startswith("AWS::SSM::")
    }
    assert names
    requests = [{"action": "ssm:GetParameters", "resource": arn("ssm", f"parameter{name}")} for name in names]
    assert refused(policies.execution, requests) == []


def test_it_may_hand_roles_to_whom_they_trust_and_to_nobody_else(policies: Policies, synthesis: Synthesis) -> None:
    trusted = {
        statement["Principal"]["Service"]
        for _, _, role in synthesis.resources("AWS::IAM::Role")
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }

    def passed_to(service: str) -> dict[str, Any]:
        return {"action": "iam:PassRole", "resource": ROLE, "context": {**OURS, "iam:PassedToService": service}}

    assert refused(policies.execution, [passed_to(service) for service in trusted]) == []
    foreign = [passed_to("cloudformation.amazonaws.com"), passed_to("glue.amazonaws.com")]
    assert len(refused(policies.execution, foreign)) == len(foreign)


FORBIDDEN = (
    ("iam:CreateUser", arn("iam", "user/mallory", region=""), OURS),
    ("iam:CreateAccessKey", arn("iam", "user/mallory", region=""), OURS),
    ("iam:CreateLoginProfile", arn("iam", "user/mallory", region=""), OURS),
    ("iam:AttachRolePolicy", FOREIGN_ROLE, {**OURS, "iam:PolicyARN": ADMINISTRATOR}),
    ("iam:PutRolePolicy", FOREIGN_ROLE, OURS),
    ("iam:UpdateAssumeRolePolicy", FOREIGN_ROLE, OURS),
    ("iam:PassRole", FOREIGN_ROLE, OURS),
    # roles of our name, but without the boundary, or with another
    ("iam:CreateRole", ROLE, UNBOUND),
    ("iam:CreateRole", ROLE, {**OURS, "iam:PermissionsBoundary": ADMINISTRATOR}),
    ("iam:PutRolePolicy", ROLE, UNBOUND),
    ("iam:AttachRolePolicy", ROLE, UNBOUND),
    ("iam:PutRolePermissionsBoundary", ROLE, {**OURS, "iam:PermissionsBoundary": ADMINISTRATOR}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, OURS),
    ("iam:CreatePolicyVersion", BOUNDARY, OURS),
    ("iam:SetDefaultPolicyVersion", BOUNDARY, OURS),
    ("iam:DeletePolicy", BOUNDARY, OURS),
    ("sts:AssumeRole", FOREIGN_ROLE, OURS),
    ("organizations:LeaveOrganization", "*", OURS),
    ("account:CloseAccount", "*", OURS),
    ("billing:UpdateBillingPreferences", "*", OURS),
    ("budgets:ModifyBudget", arn("budgets", "budget/payroll", region=""), OURS),
    ("cloudtrail:StopLogging", arn("cloudtrail", "trail/audit"), OURS),
    # another region
    (
        "ec2:RunInstances",
        arn("ec2", "instance/i-1", region="us-east-1"),
        {**OURS, "aws:RequestedRegion": "us-east-1"},
    ),
    ("eks:CreateCluster", "*", {**OURS, "aws:RequestedRegion": "us-east-1"}),
    # what is another system's, or kept for ever
    ("ec2:TerminateInstances", arn("ec2", "instance/i-2"), WITHOUT_TAG),
    ("ec2:DeleteVolume", arn("ec2", "volume/vol-2"), WITHOUT_TAG),
    ("ec2:DeleteSnapshot", arn("ec2", "snapshot/snap-2", account=""), OURS),
    ("ssm:CreateAssociation", arn("ec2", "instance/i-2"), WITHOUT_TAG),
    ("ssm:SendCommand", arn("ec2", "instance/i-1"), OURS),
    ("ssm:StartSession", arn("ec2", "instance/i-1"), OURS),
    ("rds:DeleteDBInstance", arn("rds", "db:payroll"), OURS),
    ("rds:DeleteDBSnapshot", arn("rds", "snapshot:payroll-monthly"), OURS),
    ("rds:DeleteDBSnapshot", arn("rds", "snapshot:datastack-snapshot-1"), OURS),
    ("rds:DeleteDBInstanceAutomatedBackup", arn("rds", "auto-backup:ab-1"), OURS),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/2"), WITHOUT_TAG),
    ("kms:PutKeyPolicy", arn("kms", "key/2"), WITHOUT_TAG),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:payroll-1"), WITHOUT_TAG),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:rds!db-1"), WITHOUT_TAG),
    ("s3:GetObject", "arn:aws:s3:::payroll/1", OURS),
    ("s3:DeleteBucket", f"arn:aws:s3:::cdk-slipway-assets-{ACCOUNT}-{REGION}", OURS),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:payroll"), OURS),
    ("lambda:InvokeFunction", arn("lambda", "function:payroll"), OURS),
    ("ecr:DeleteRepository", arn("ecr", "repository/payroll"), OURS),
    ("eks:DeleteCluster", arn("eks", "cluster/payroll"), OURS),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/aws/lambda/payroll"), OURS),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z2", OURS),
)


@pytest.fixture(scope="module")
def answers(policies: Policies) -> list[dict[str, Any]]:
    """What IAM says of all that is forbidden, asked at once."""
    return judge(
        policies.execution,
        [{"action": action, "resource": resource, "context": context} for action, resource, context in FORBIDDEN],
    )


@pytest.mark.parametrize("number", range(len(FORBIDDEN)), ids=[f"{item[0]}-{n}" for n, item in enumerate(FORBIDDEN)])
def test_it_may_not(answers: list[dict[str, Any]], number: int) -> None:
    _, resource, _ = FORBIDDEN[number]
    assert answers[number]["exists"]
    assert answers[number]["verdicts"] == {resource: "ImplicitlyDenied"}


def test_it_names_the_actions_that_it_allows(policies: Policies) -> None:
    patterns = {
        action
        for document in policies.execution
        for statement in document["Statement"]
        for action in statement["Action"]
        if "*" in action
    }
    assert patterns == {
        "ec2:Describe*",
        "elasticloadbalancing:Describe*",
        "rds:Describe*",
        "s3:Get*Configuration",
        "s3:GetBucket*",
        "s3:PutBucket*",
    }


def test_it_allows_every_resource_only_where_iam_knows_no_other(policies: Policies) -> None:
    everywhere = {
        action
        for document in policies.execution
        for statement in document["Statement"]
        for action in statement["Action"]
        if statement["Resource"] == ["*"] and "*" not in action
    }
    judged = judge(policies.execution, [{"action": action, "samples": {}} for action in everywhere])
    narrower = {answer["action"] for answer in judged if answer["verdicts"] != {"*": "Allowed"}}
    # CloudFormation asks for several at once; CloudWatch's reference wants * for the other, whatever IAM's says.
    assert narrower == {"cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"}


def test_it_is_for_the_stacks_that_there_are() -> None:
    assert ALLOWED_STACKS == STACKS


@pytest.mark.parametrize("region", ["eu-west-2", "ap-northeast-1"])
def test_every_policy_fits_into_what_iam_takes(policies: Policies, region: str) -> None:
    longest = {
        name: len(json.dumps(document, separators=(",", ":")).replace(REGION, region).replace("slipway", "s" * 20))
        for name, document in policies.all.items()
    }
    assert all(length <= 6144 for length in longest.values()), longest


def test_the_stack_can_be_deployed_before_there_is_a_bucket(policies: Policies) -> None:
    assert policies.path.stat().st_size < 50 * 1024  # what CloudFormation takes without one; the CLI refuses more
    assert "Parameters" not in policies.template  # such as bootstrap's version, which is not there yet


@pytest.mark.full
def test_the_app_of_the_bootstrap_writes_what_is_tested_here(policies: Policies, tmp_path: Path) -> None:
    run_app(tmp_path, "-m", "bootstrap", **DOMAIN).check_returncode()
    assert (tmp_path / "cdk.out" / policies.path.name).read_bytes() == policies.path.read_bytes()
