"""EKS' rules, on clusters that break them, on one that does not, and on ours."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, CfnParameter, CfnResource, Stack, Validations
from aws_cdk import aws_eks_v2 as eks
from hypothesis import given
from hypothesis import strategies as st

from slipway import EksChecks
from slipway.eks_rules import ACCESS_ENTRY, CLUSTER, eks_rules
from tests.stacks.synthesis import ROOT, Synthesis

RULES = {rule.name: rule for rule in eks_rules(minimum_version="1.35", deletion_protection=True)}
LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
PARAMETER = {"Ref": "Parameter"}
ROLE = {"Fn::GetAtt": ["Role", "Arn"]}


def logging(*kinds: str) -> dict[str, Any]:
    return {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in kinds]}}


GOOD: dict[str, dict[str, Any]] = {
    CLUSTER: {
        "ResourcesVpcConfig": {"EndpointPublicAccess": True, "PublicAccessCidrs": ["192.0.2.0/24", "2001:db8::/32"]},
        "Logging": logging(*LOGS),
        "EncryptionConfig": [{"Provider": {"KeyArn": PARAMETER}, "Resources": ["secrets"]}],
        "AccessConfig": {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False},
        "Version": "1.35",
        "DeletionProtection": True,
    },
    ACCESS_ENTRY: {
        "PrincipalArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::111122223333:role/platform"]]},
        "AccessPolicies": [{"PolicyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"}],
    },
}
BAD: list[tuple[str, dict[str, Any]]] = [
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"EndpointPublicAccess": True}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"PublicAccessCidrs": []}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"PublicAccessCidrs": ["192.0.2.0/24", "0.0.0.0/0"]}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"PublicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"PublicAccessCidrs": ["::/0"]}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"PublicAccessCidrs": [PARAMETER]}}),
    ("EKSClusterNoWorldAccess", {"ResourcesVpcConfig": {"EndpointPublicAccess": PARAMETER}}),
    ("EKSClusterControlPlaneLogs", {"Logging": None}),
    ("EKSClusterControlPlaneLogs", {"Logging": PARAMETER}),
    *(("EKSClusterControlPlaneLogs", {"Logging": logging(*(set(LOGS) - {missing}))}) for missing in LOGS),
    ("EKSClusterSecretsEncryption", {"EncryptionConfig": []}),
    ("EKSClusterSecretsEncryption", {"EncryptionConfig": [{"Provider": {}, "Resources": ["secrets"]}]}),
    ("EKSClusterSecretsEncryption", {"EncryptionConfig": [{"Provider": {"KeyArn": "arn"}, "Resources": []}]}),
    ("EKSClusterAuthenticationMode", {"AccessConfig": {"AuthenticationMode": "API_AND_CONFIG_MAP"}}),
    ("EKSClusterAuthenticationMode", {"AccessConfig": None}),
    ("EKSClusterNoCreatorAdmin", {"AccessConfig": {"AuthenticationMode": "API"}}),
    ("EKSClusterNoCreatorAdmin", {"AccessConfig": {"BootstrapClusterCreatorAdminPermissions": PARAMETER}}),
    ("EKSClusterMinimumVersion", {"Version": "1.34"}),
    ("EKSClusterMinimumVersion", {"Version": "1.9"}),
    ("EKSClusterMinimumVersion", {"Version": None}),
    ("EKSClusterMinimumVersion", {"Version": PARAMETER}),
    ("EKSClusterDeletionProtection", {"DeletionProtection": False}),
    ("EKSClusterDeletionProtection", {"DeletionProtection": None}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "arn:aws:iam::111122223333:root"}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "arn:aws:iam::111122223333:role/*"}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "arn:aws:iam::*:role/platform"}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "*"}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": PARAMETER}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "*", "AccessPolicies": [{"PolicyArn": PARAMETER}]}),
    ("EKSAccessEntryNamedAdmin", {"PrincipalArn": "*", "AccessPolicies": PARAMETER}),
]  # fmt: skip
HARMLESS = [
    (CLUSTER, {"ResourcesVpcConfig": {"EndpointPublicAccess": False}}),
    (CLUSTER, {"Version": "1.100"}),
    (ACCESS_ENTRY, {"PrincipalArn": ROLE}),
    (ACCESS_ENTRY, {"PrincipalArn": {"Fn::ImportValue": "Platform:RoleArn"}}),
    (ACCESS_ENTRY, {"PrincipalArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform"}}),
    (ACCESS_ENTRY, {"PrincipalArn": PARAMETER, "AccessPolicies": None}),
    (ACCESS_ENTRY, {"PrincipalArn": PARAMETER, "AccessPolicies": [{"PolicyArn": "arn:…/AmazonEKSViewPolicy"}]}),
]

KEYS = [
    "Version",
    "PrincipalArn",
    "ResourcesVpcConfig",
    "PublicAccessCidrs",
    "Logging",
    "ClusterLogging",
    "EnabledTypes",
    "Type",
    "EncryptionConfig",
    "Resources",
    "Provider",
    "KeyArn",
    "AccessConfig",
    "AuthenticationMode",
    "AccessPolicies",
    "PolicyArn",
    "Ref",
    "Fn::If",
    "Fn::Join",
    "Fn::Sub",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "*", "api", "secrets", "0.0.0.0/0", "1.36"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
)


def _broken(resource_type: str, changes: dict[str, Any]) -> set[str]:
    """Return the names of the rules that a good resource breaks once it has `changes`; None takes a property away."""
    merged = {**GOOD[resource_type], **changes}
    properties = {key: value for key, value in merged.items() if value is not None}
    return {r.name for r in RULES.values() if r.resource_type == resource_type and r.broken_by(properties)}


@pytest.mark.parametrize("resource_type", GOOD)
def test_a_good_one_breaks_no_rule(resource_type: str) -> None:
    assert _broken(resource_type, {}) == set()


@pytest.mark.parametrize(("rule", "changes"), BAD, ids=str)
def test_a_rule_finds_what_is_wrong(rule: str, changes: dict[str, Any]) -> None:
    assert rule in _broken(RULES[rule].resource_type, changes)


@pytest.mark.parametrize(("resource_type", "changes"), HARMLESS, ids=str)
def test_what_only_looks_wrong_is_let_pass(resource_type: str, changes: dict[str, Any]) -> None:
    assert _broken(resource_type, changes) == set()


def test_every_rule_is_tried_and_says_what_to_do() -> None:
    assert {rule for rule, _ in BAD} == set(RULES)
    assert [rule.name for rule in RULES.values() if not (rule.info and rule.explanation and rule.location)] == []


@given(properties=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4))
def test_no_value_makes_a_rule_fail(properties: dict[str, Any]) -> None:
    assert {rule.broken_by(properties) for rule in RULES.values()} <= {True, False}


def test_version_and_deletion_protection_are_judged_where_asked_for_alone() -> None:
    rules = eks_rules(minimum_version=None, deletion_protection=False)
    assert set(RULES) - {rule.name for rule in rules} == {"EKSClusterMinimumVersion", "EKSClusterDeletionProtection"}


def test_our_cluster_breaks_none(synthesis: Synthesis) -> None:
    judged = [
        (logical_id, rule.name, rule.broken_by(resource["Properties"]))
        for rule in eks_rules(minimum_version="1.35", deletion_protection=False)
        for _, logical_id, resource in synthesis.resources(rule.resource_type)
    ]
    assert len(judged) == 6 + 4  # six rules for the cluster, one for each of four entries
    assert [item for item in judged if item[2]] == []


def _checked() -> tuple[App, Stack]:
    """Return an app that EKS' checks are plugged into, and a stack of it."""
    app = App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    Validations.of(app).add_plugins(EksChecks(minimum_version="1.35", deletion_protection=True))
    return app, Stack(app, "Stack")


def _typed(stack: Stack, version: str) -> None:
    vpc = eks.CfnCluster.ResourcesVpcConfigProperty(subnet_ids=["subnet-1", "subnet-2"])
    eks.CfnCluster(stack, "Bad", role_arn="arn", resources_vpc_config=vpc, version=version)


def _untyped(stack: Stack, version: str) -> None:
    CfnResource(stack, "Bad", type=CLUSTER, properties={"RoleArn": "arn", "ResourcesVpcConfig": {}, "Version": version})


@pytest.mark.parametrize("make", [_typed, _untyped])
def test_a_bad_cluster_fails_the_synthesis_however_it_was_made(make: Callable[[Stack, str], None]) -> None:
    app, stack = _checked()
    make(stack, CfnParameter(stack, "Version").value_as_string)
    with pytest.raises(RuntimeError) as error:
        app.synth()
    assert [rule for rule in RULES if f"EksChecks::{rule}" not in str(error.value)] == ["EKSAccessEntryNamedAdmin"]
    assert "Stack/Bad" in str(error.value)


def test_a_finding_can_be_acknowledged_beside_the_cluster() -> None:
    app, stack = _checked()
    vpc = eks.CfnCluster.ResourcesVpcConfigProperty(subnet_ids=["subnet-1", "subnet-2"])
    cluster = eks.CfnCluster(stack, "Bad", role_arn="arn", resources_vpc_config=vpc)
    Validations.of(cluster).acknowledge(*(Acknowledgment(id=f"EksChecks::{rule}", reason="a test") for rule in RULES))
    app.synth()


def test_the_documentation_lists_every_rule() -> None:
    text = (ROOT / "docs" / "checks.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(EKS\w+)` \|", text, re.MULTILINE)) == set(RULES)
