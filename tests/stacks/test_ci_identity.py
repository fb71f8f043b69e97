"""Who may do what in AWS on the build side."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from cdk_app.ci_stack import CiStack
from cdk_app.network_stack import NetworkStack
from cdk_app.registry_stack import RegistryStack
from cdk_app.settings import Settings
from tests.stacks.roles import actions, listed, statements
from tests.stacks.synthesis import Synthesis, flat

ROOT = Path(__file__).parents[2]
METRICS = "host_metrics"
STACK = "CiStack"
HOSTS = ("JenkinsRole", "TestRole")
MANAGED = {
    "cloudwatch:PutMetricData",
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDocument",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:PutInventory",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""What Systems Manager's agent needs, and a host to tell of itself."""

ANY_RESOURCE = {
    "ec2:AssignPrivateIpAddresses",  # Lambda demands these six for every resource
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:DescribeInstances",  # the rest knows no narrower resource
    "ec2:DescribeSnapshots",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ecr:GetAuthorizationToken",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeParameters",
    "ssm:ListAssociations",
    "ssm:PutInventory",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""Actions that are allowed on `*`, each with its reason beside the statement."""


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def parameters(resources: list[Any]) -> set[str]:
    """Return the IDs of the parameters whose ARNs `resources` are."""
    return {
        part["Ref"].partition("Parameter")[0]
        for resource in resources
        for arn in listed(resource)
        for part in arn["Fn::Join"][1]
        if "Ref" in part and not part["Ref"].startswith("AWS::")
    }


def test_the_test_host_writes_candidates_and_nothing_else(template: Template) -> None:
    allowed = actions(template, "TestRole")
    assert set(allowed) - MANAGED == {
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
    assert parameters(allowed["ssm:PutParameter"]) == {"TestHostKey"}
    assert parameters(allowed["ssm:GetParameter"]) == {"ControllerKey", "LastGood", "TestHostKey"}


def test_jenkins_deploys_through_two_bootstrap_roles_alone(template: Template) -> None:
    allowed = actions(template, "JenkinsRole")
    roles = {flat(role).partition("role/")[2].partition("-AWS")[0] for role in allowed["sts:AssumeRole"][0]}
    assert roles == {"cdk-slipway-deploy-role", "cdk-slipway-file-publishing-role"}
    assert "Candidate" not in str(allowed["ecr:PutImage"])
    assert "rds-db:connect" not in allowed
    assert parameters(allowed["ssm:PutParameter"]) == {"ControllerKey", "LastGood"}
    assert parameters(allowed["ssm:GetParameter"]) == {"ControllerKey", "LastGood", "TestHostKey"}


@pytest.mark.full
def test_jenkins_reads_the_secrets_that_the_settings_name_and_the_test_host_does_not() -> None:
    arns = {
        f"ci.{setting}": f"arn:aws:secretsmanager:eu-west-2:111122223333:secret:{setting}-AbCdEf"
        for setting in ("chat_secret", "github_token_secret", "jira_secret", "oidc_client_secret")
    }
    others = {"ci.repository": "https://github.com/you/slipway.git", "ci.oidc_issuer": "https://id.example.com"}
    oidc = {"ci.oidc_client_id": "jenkins", "ci.oidc_admins": "platform"}
    settings = Settings.from_context({**arns, **others, **oidc})
    app = App(analytics_reporting=False)
    network = NetworkStack(app, "NetworkStack", settings=settings)
    registry = RegistryStack(app, "RegistryStack", settings=settings)
    template = Template.from_stack(CiStack(app, STACK, settings=settings, network=network, registry=registry))

    read = {
        role: {
            arn
            for resource in actions(template, role)["secretsmanager:GetSecretValue"]
            for arn in map(str, listed(resource))
        }
        for role in HOSTS
    }
    assert read["JenkinsRole"] >= set(arns.values())
    assert read["TestRole"].isdisjoint(arns.values())


def test_no_role_may_do_what_aws_may_change(template: Template) -> None:
    template.all_resources_properties("AWS::IAM::Role", {"ManagedPolicyArns": Match.absent()})


def test_no_role_may_do_anything_or_touch_everything(template: Template) -> None:
    every = list(statements(template))

    assert not [action for item in every for action in listed(item["Action"]) if "*" in action]
    assert {
        action
        for item in every
        if "*" in listed(item["Resource"])
        for action in listed(item["Action"])
        if "Condition" not in item
    } == ANY_RESOURCE


@pytest.mark.parametrize("role", HOSTS)
def test_a_host_is_managed_and_reads_no_parameter_but_those_of_the_hosts(template: Template, role: str) -> None:
    allowed = actions(template, role)

    assert set(allowed) >= MANAGED
    assert parameters([*allowed["ssm:GetParameter"], *allowed["ssm:GetParameters"]]) <= {
        "ControllerKey",
        "LastGood",
        "TestHostKey",
    }
    assert "Ansible" in str(allowed["ssm:GetDocument"])


def test_a_host_stops_and_starts_only_its_predecessor_and_its_successor(template: Template) -> None:
    (statement,) = [item for item in statements(template) if "ec2:StopInstances" in listed(item["Action"])]
    (instance,) = [key for key in template.find_resources("AWS::EC2::Instance") if key.startswith("Jenkins")]

    assert flat(statement["Resource"]).endswith(":instance/*")
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:ResourceTag/aws:cloudformation:stack-id": {"Ref": "AWS::StackId"},
            "aws:ResourceTag/aws:cloudformation:logical-id": instance,
        }
    }


def test_a_host_attaches_and_detaches_no_other_volume(template: Template) -> None:
    resources = actions(template, "JenkinsRole")["ec2:DetachVolume"]
    volumes = [resource for resource in resources if "volume/" in str(resource)]

    assert resources == actions(template, "JenkinsRole")["ec2:AttachVolume"]
    assert len(volumes) == 1
    assert "JenkinsHomeVolume" in str(volumes)


def test_no_function_can_make_its_log_group_anew(template: Template) -> None:
    allowed = {action for item in statements(template) for action in listed(item["Action"])}

    assert "logs:PutLogEvents" in allowed
    assert "logs:CreateLogGroup" not in allowed


@pytest.mark.parametrize("role", ["JenkinsRole", "TestRole"])
def test_a_host_tells_metrics_where_its_playbook_does_and_nowhere_else(template: Template, role: str) -> None:
    telling = [item for item in statements(template, role) if "cloudwatch:PutMetricData" in listed(item["Action"])]
    namespaces = [_namespace("host_metrics"), *([_namespace("queue_metrics")] if role == "JenkinsRole" else [])]

    assert [item["Condition"] for item in telling] == [
        {"StringEquals": {"cloudwatch:namespace": namespace}} for namespace in namespaces
    ]


def _namespace(role: str) -> str:
    defaults = yaml.safe_load((ROOT / f"ansible/roles/{role}/defaults/main.yml").read_text())
    return str(defaults[f"{role}_namespace"])


def test_the_pipelines_scripts_tell_metrics_where_the_playbook_does() -> None:
    assert f'NAMESPACE = "{_namespace("queue_metrics")}"' in (ROOT / "ci/tell_metric.py").read_text()


def test_a_host_names_itself_as_its_tag_does(template: Template) -> None:
    site = yaml.safe_load((ROOT / "ansible/site.yml").read_text())
    told = {role["vars"]["host_metrics_host"] for play in site for role in play["roles"] if role["role"] == METRICS}
    instances = template.find_resources("AWS::EC2::Instance").values()
    tags = {tag["Value"] for item in instances for tag in item["Properties"]["Tags"] if tag["Key"] == "Name"}

    assert {name.replace("{{ slipway_name }}", "slipway") for name in told} == tags
