"""What holds over all stacks together."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.synthesis import STACKS, Synthesis

PASSWORD = re.compile(r"(passw|pwd|secret_?key|access_?key|private_?key|token)", re.IGNORECASE)
NOT_SECRET = {
    "HttpTokens",  # "required": IMDSv2
    "ManageMasterUserPassword",  # true: RDS makes it
    "PasswordLength",  # of a password that Secrets Manager makes
    "ServiceToken",  # a function's ARN, in CloudFormation's language
}


def _values(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of a template with the key that it stands under."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _values(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, key)
    else:
        yield key, value


@pytest.mark.parametrize(
    ("kind", "count"), [("AWS::RDS::DBInstance", 2), ("AWS::EC2::Instance", 2), ("AWS::EKS::Cluster", 1)]
)
def test_how_many_there_are(synthesis: Synthesis, kind: str, count: int) -> None:
    assert len(list(synthesis.resources(kind))) == count


def test_three_deployments_of_three_pods_go_into_the_cluster(synthesis: Synthesis) -> None:
    deployments = {item["metadata"]["name"] for item in synthesis.manifests() if item["kind"] == "Deployment"}
    assert deployments == {"backend", "frontend", "proxy"}
    scalers = [item["spec"] for item in synthesis.manifests() if item["kind"] == "HorizontalPodAutoscaler"]
    assert {item["scaleTargetRef"]["name"]: item["minReplicas"] for item in scalers} == dict.fromkeys(deployments, 3)


def test_databases_are_encrypted_private_and_without_a_password(synthesis: Synthesis) -> None:
    for _, _, database in synthesis.resources("AWS::RDS::DBInstance"):
        properties = database["Properties"]
        assert properties["Engine"] == "mariadb"
        assert properties["EngineVersion"].startswith("11.8.")
        assert properties["StorageEncrypted"] is True
        assert properties["PubliclyAccessible"] is False
        assert properties["EnableIAMDatabaseAuthentication"] is True
        assert properties["ManageMasterUserPassword"] is True
        assert "MasterUserPassword" not in properties


def test_databases_refuse_a_connection_without_tls(synthesis: Synthesis) -> None:
    groups = [group["Properties"] for _, _, group in synthesis.resources("AWS::RDS::DBParameterGroup")]
    assert [(group["Family"], group["Parameters"]["require_secure_transport"]) for group in groups] == [
        ("mariadb11.8", "1")
    ] * 2


def test_databases_lie_in_isolated_subnets(synthesis: Synthesis) -> None:
    for _, _, group in synthesis.resources("AWS::RDS::DBSubnetGroup"):
        subnets = [subnet["Fn::ImportValue"] for subnet in group["Properties"]["SubnetIds"]]
        assert len(subnets) == 3
        assert [subnet for subnet in subnets if "Vpcisolated" not in subnet] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_template_holds_a_secret(synthesis: Synthesis, stack: str) -> None:
    found = [
        (key, value)
        for key, value in _values(synthesis.templates[stack]["Resources"])
        if PASSWORD.search(key) and key not in NOT_SECRET and isinstance(value, str | int)
    ]
    assert found == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_template_holds_an_address_with_a_password(synthesis: Synthesis, stack: str) -> None:
    assert re.findall(r"\w+://[^/@\s\"]+:[^/@\s\"]+@", synthesis.path(stack).read_text("utf-8")) == []


def test_every_log_group_ends(synthesis: Synthesis) -> None:
    groups = list(synthesis.resources("AWS::Logs::LogGroup"))
    assert len(groups) >= 9
    for stack, logical_id, group in groups:
        assert group["DeletionPolicy"] == "Delete", (stack, logical_id)
        assert group["Properties"]["RetentionInDays"] == 30, (stack, logical_id)


def test_every_function_logs_to_a_group_of_its_stack(synthesis: Synthesis) -> None:
    for stack, logical_id, function in synthesis.resources("AWS::Lambda::Function"):
        own = str(function["Properties"].get("LoggingConfig", {}).get("LogGroup"))
        groups = [group for name, _, group in synthesis.resources("AWS::Logs::LogGroup") if name == stack]
        assert "Ref" in own or any(f"'Ref': '{logical_id}'" in str(group) for group in groups), (stack, logical_id)


def test_only_production_data_stays_behind(synthesis: Synthesis) -> None:
    kept = [
        (stack, resource["Type"])
        for stack, template in synthesis.templates.items()
        for resource in template["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    ]
    assert kept == [("DataStack", "AWS::RDS::DBInstance")]


def test_no_function_runs_after_its_log_group_is_gone(synthesis: Synthesis) -> None:
    """What depends on a group is deleted before it; a function that CloudFormation calls later would make it anew."""
    named_after_functions = [
        (stack, logical_id)
        for stack, logical_id, group in synthesis.resources("AWS::Logs::LogGroup")
        if "/aws/lambda/" in str(group["Properties"].get("LogGroupName"))
    ]
    assert len(named_after_functions) == 4
    for stack, logical_id in named_after_functions:
        resources = synthesis.templates[stack]["Resources"]
        kinds = {resources[other]["Type"].partition("::")[0] for other in _dependents(resources, logical_id)}
        assert "Custom" in kinds, (stack, logical_id)


def _dependents(resources: dict[str, Any], logical_id: str) -> set[str]:
    """Return the IDs of what waits for a resource when it is made, and goes before it when it is deleted."""
    found = {logical_id}
    while more := {key for key, item in resources.items() if found & set(item.get("DependsOn", []))} - found:
        found |= more
    return found - {logical_id}
