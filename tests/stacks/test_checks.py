"""What a synthesis is checked against, what was acknowledged, and what users read when a check fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsii
import pytest
from aws_cdk import Annotations, App, IPolicyValidationPlugin, Stack, Validations
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_s3 as s3

from cdk_app import ChecksError, checks, synthesise
from slipway import acknowledge
from tests.stacks.synthesis import STACKS, Synthesis, run_app, unchecked_app

S1 = "AwsSolutions::AwsSolutions-S1 at Stack/Logs/Resource: The S3 Bucket has server access logs disabled."
ADVICE = "Mend it, or acknowledge it beside the resource with a reason."
ACKNOWLEDGED = {
    "CiStack/Ansible/Registration/Role": ["IAM5[*]"],
    "CiStack/Jenkins/Instance": ["EC28", "EC29"],
    "CiStack/Jenkins/Role": [
        "IAM5[*]",
        "IAM5[arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]",
        "IAM5[arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:association/*]",
    ],
    "CiStack/JenkinsAdministrator": ["SMG4"],
    "CiStack/JenkinsHome/SnapshotRemoval/Role": ["IAM5[*]", "IAM5[arn:<AWS::Partition>:ec2:<AWS::Region>::snapshot/*]"],
    "CiStack/JenkinsHome/SnapshotRole": ["IAM5[*]", "IAM5[arn:<AWS::Partition>:ec2:<AWS::Region>::snapshot/*]"],
    "CiStack/Test/Instance": ["EC28", "EC29"],
    "CiStack/Test/Role": [
        "IAM5[*]",
        "IAM5[arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]",
        "IAM5[arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:association/*]",
    ],
    "CiStack/TestDatabase/Instance": ["RDS10", "RDS11", "RDS3"],
    "CiStack/Webhook/Api": ["APIG4"],
    "CiStack/Webhook/Role": ["IAM5[*]"],
    "CiStack/Webhook/Secret": ["SMG4"],
    "ClusterStack/Cluster/Cluster/KubectlProvider/Handler": ["L1"],
    "ClusterStack/Cluster/Cluster/KubectlProvider/Handler/ServiceRole": [
        "IAM4[service-role/AWSLambdaVPCAccessExecutionRole]"
    ],
    "ClusterStack/Cluster/Cluster/KubectlProvider/Provider/framework-onEvent": [
        "IAM5[<ClusterKubectlProviderHandler93C0312D.Arn>:*]"
    ],
    "ClusterStack/Cluster/Cluster/KubectlProvider/Provider/framework-onEvent/ServiceRole": [
        "IAM4[service-role/AWSLambdaVPCAccessExecutionRole]"
    ],
    "ClusterStack/Cluster/Cluster/Role": [
        "IAM4[AmazonEKSBlockStoragePolicy]",
        "IAM4[AmazonEKSClusterPolicy]",
        "IAM4[AmazonEKSComputePolicy]",
        "IAM4[AmazonEKSLoadBalancingPolicy]",
        "IAM4[AmazonEKSNetworkingPolicy]",
        "IAM5[*]",
    ],
    "ClusterStack/Cluster/Nodes/Role": [
        "IAM4[AmazonEC2ContainerRegistryPullOnly]",
        "IAM4[AmazonEKSWorkerNodeMinimalPolicy]",
    ],
    "DataStack/Database/Instance": ["RDS11"],
    "ProdStack/Gate/Role": ["IAM5[*]"],
    "ProdStack/Watch/Pods/Role": ["IAM5[*]"],
    "ProdStack/EntryPoint/AccessLogs": ["S1"],
    "ProdStack/EntryPoint/SecurityGroup": ["EC23"],
}
"""Every rule that a finding was acknowledged of, by the construct that it stands beside: nothing passes unnoticed."""


def _suppressed(synthesis: Synthesis) -> Iterator[dict[str, Any]]:
    report = json.loads((synthesis.directory / "validation-report.json").read_text("utf-8"))
    for plugin in report["pluginReports"]:
        yield from plugin.get("suppressedViolations", [])


def _short(rule: str) -> str:
    """Return a rule's name without what all of them have in common."""
    return re.sub(
        r"(Policy|Resource)::(arn:<AWS::Partition>:iam::aws:policy/)?", "", rule.removeprefix("AwsSolutions-")
    )


def _acknowledgements(synthesis: Synthesis) -> Iterator[tuple[str, str]]:
    """Yield path and rule of every acknowledgement that stands in the code, used or not."""
    for stack in STACKS:
        metadata = json.loads((synthesis.directory / f"{stack}.metadata.json").read_text("utf-8"))
        for path, entries in metadata.items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    ours = (rule for rule in entry["data"] if rule.startswith(("AwsSolutions::", "EksChecks::")))
                    yield from ((path.removeprefix("/"), rule) for rule in ours)


def test_what_was_acknowledged_is_what_is_written_here(synthesis: Synthesis) -> None:
    found: dict[str, list[str]] = {}
    for item in sorted(_suppressed(synthesis), key=lambda item: (item["acknowledgedAt"], item["ruleName"])):
        rule = _short(item["ruleName"])
        print(f"{rule} at {item['acknowledgedAt']}: {item['reason']}")  # noqa: T201 - for the reviewer
        found.setdefault(item["acknowledgedAt"], []).append(rule)
    assert found == ACKNOWLEDGED


def test_every_acknowledgement_has_a_reason(synthesis: Synthesis) -> None:
    assert [item["ruleName"] for item in _suppressed(synthesis) if len(item["reason"].split()) < 5] == []


def test_no_acknowledgement_outlives_its_finding(synthesis: Synthesis) -> None:
    used = {(item["acknowledgedAt"], item["acknowledgedId"]) for item in _suppressed(synthesis)}
    assert set(_acknowledgements(synthesis)) == used


def test_acknowledgements_stay_out_of_the_templates(synthesis: Synthesis) -> None:
    for stack in STACKS:
        text = synthesis.path(stack).read_text("utf-8")
        assert [word for word in ("cdk_nag", "acknowledge", "AwsSolutions") if word in text] == []


@pytest.fixture
def app(tmp_path: Path) -> App:
    return unchecked_app(tmp_path)


@pytest.fixture
def stack(app: App) -> Stack:
    """A stack with one finding."""
    stack = Stack(app, "Stack")
    s3.Bucket(stack, "Logs", enforce_ssl=True)
    return stack


def test_a_finding_is_one_line_that_says_what_where_and_what_to_do(app: App, stack: Stack) -> None:
    Annotations.of(stack).add_error("it is\nbroken")
    with pytest.raises(ChecksError) as error:
        synthesise(app)
    assert str(error.value).splitlines() == [
        f"error: {S1} {ADVICE}",
        "error: Annotation::error-annotation at Stack: it is broken",
    ]


def test_clusters_are_checked_too(app: App, stack: Stack) -> None:
    vpc = eks.CfnCluster.ResourcesVpcConfigProperty(subnet_ids=["subnet-1", "subnet-2"])
    eks.CfnCluster(stack, "Bad", role_arn="arn", resources_vpc_config=vpc, version="1.34")
    with pytest.raises(ChecksError) as error:
        synthesise(app)
    assert (
        "error: EksChecks::EKSClusterMinimumVersion at Stack/Bad: The cluster's Kubernetes version is older than 1.35, "
        "or not stated. EKS charges six times the price for an old version, and then upgrades it on a day of its own "
        "choice: state a newer Version."
    ) in str(error.value).splitlines()


def test_what_was_acknowledged_passes(app: App, stack: Stack) -> None:
    acknowledge(stack.node.find_child("Logs"), "S1", reason="a test")
    synthesise(app)


@jsii.implements(IPolicyValidationPlugin)
class _Failing:
    """A plugin that does not come to its end."""

    name = property(lambda _: "Failing")
    version = property(lambda _: None)
    rule_ids = property(lambda _: None)

    def validate(self, _: Any) -> Any:
        raise ValueError("no disk")


@pytest.mark.usefixtures("stack")
def test_a_check_that_could_not_be_made_fails(app: App) -> None:
    Validations.of(app).add_plugins(_Failing())
    with pytest.raises(ChecksError, match=r"error: Validation plugin 'Failing' failed: .*no disk"):
        synthesise(app)


@pytest.mark.parametrize(("by_cli", "told"), [(False, "warning: Annotation::slipway:x at Stack: mind\n"), (True, "")])
def test_warnings_are_told_once(
    app: App, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by_cli: bool, told: str
) -> None:
    Annotations.of(stack).add_warning_v2("slipway:x", "mind")
    acknowledge(stack, "S1", reason="a test")
    monkeypatch.setattr(checks, "_RUN_BY_CLI", by_cli)
    synthesise(app)
    assert capsys.readouterr().err == told


@pytest.mark.full
def test_an_instance_class_that_rds_does_not_have_fails_the_synthesis(tmp_path: Path) -> None:
    done = run_app(tmp_path, **{"database.production_class": "db.z9g.large"})
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert "error: CloudFormation-Validate::E3025 at DataStack/Database/Instance/Resource: " in lines[0]
    assert [line for line in lines if not line.startswith("error: ") or len(line) > 500] == []
    assert [line for line in lines if "'db.z9g.large' is not" not in line] == []


@pytest.mark.full
def test_every_setting_turned_round_passes(other: Synthesis) -> None:
    assert "error" not in other.messages
    assert {item["ruleName"] for item in _suppressed(other)} >= {"AwsSolutions-RDS3", "AwsSolutions-RDS10"}
