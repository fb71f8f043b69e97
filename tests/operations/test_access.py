"""An account is prepared by `make bootstrap`, or the doctor says by what it was not."""

from typing import Any

import pytest

from operations import access
from operations.findings import Verdict
from tests.operations.conftest import NUMBER, REGION, Answer, Answers, found, stacks, verdicts

ROLE = f"arn:aws:iam::{NUMBER}:role"
LIMIT = f"arn:aws:iam::{NUMBER}:policy/slipway-toolkit-boundary-{REGION}"


def caller(arn: str) -> Answer:
    return Answer("get_caller_identity", {"Account": NUMBER, "Arn": arn, "UserId": "somebody"})


def version(number: int) -> Answer:
    return Answer("get_parameter", {"Parameter": {"Name": "version", "Value": str(number)}})


def limited(*policies: str, limit: str = LIMIT) -> Answers:
    """Answer what the execution role is limited by."""
    role: dict[str, Any] = {
        "Path": "/",
        "RoleName": "role",
        "RoleId": "AROA" + "1" * 16,
        "Arn": f"{ROLE}/role",
        "CreateDate": "2026-01-02T03:04:05Z",
        **({"PermissionsBoundary": {"PermissionsBoundaryArn": limit}} if limit else {}),
    }
    attached = [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::{NUMBER}:policy/{name}"} for name in policies]
    return {
        "sts": [caller(f"{ROLE}/somebody")],
        "iam": [
            Answer("get_policy", {"Policy": {"PolicyName": f"slipway-boundary-{REGION}"}}),
            Answer("get_role", {"Role": role}),
            Answer("list_attached_role_policies", {"AttachedPolicies": attached}),
        ],
    }


@pytest.mark.parametrize(
    ("arn", "verdict"),
    [(f"arn:aws:iam::{NUMBER}:root", Verdict.WARN), (f"arn:aws:sts::{NUMBER}:assumed-role/admin/me", Verdict.OK)],
)
def test_credentials_are_named(arn: str, verdict: Verdict) -> None:
    (finding,) = found(access.credentials, {"sts": [caller(arn)]})
    assert finding.verdict == verdict
    assert f"account {NUMBER}, region {REGION}" in finding.seen


def test_a_prepared_account_is_ok() -> None:
    seen = found(
        access.bootstrap, {"ssm": [version(30)], "cloudformation": [stacks("BootstrapStack", "SlipwayToolkit")]}
    )
    assert verdicts(seen) == dict.fromkeys(("CDK bootstrap", "BootstrapStack", "SlipwayToolkit"), Verdict.OK)


def test_an_account_that_is_not_prepared_is_told_how() -> None:
    (finding,) = found(access.bootstrap, {"ssm": [Answer("get_parameter", refusal="ParameterNotFound")]})
    assert (finding.verdict, finding.advice.partition(" (")[0]) == (Verdict.FAIL, "as an administrator: make bootstrap")


def test_what_is_too_old_or_half_made_fails() -> None:
    half = stacks("BootstrapStack", status="ROLLBACK_COMPLETE")
    seen = verdicts(found(access.bootstrap, {"ssm": [version(5)], "cloudformation": [half]}))
    assert seen == dict.fromkeys(("CDK bootstrap", "BootstrapStack", "SlipwayToolkit"), Verdict.FAIL)


def test_our_own_limits_are_ok() -> None:
    policies = [f"slipway-cdk-execution-{topic}-{REGION}" for topic in ("identity", "network", "compute")]
    assert set(verdicts(found(access.limits, limited(*policies))).values()) == {Verdict.OK}


def test_an_execution_role_that_may_do_everything_fails() -> None:
    seen = {finding.what: finding for finding in found(access.limits, limited("AdministratorAccess", limit=""))}
    assert (seen["execution policies"].verdict, seen["execution policies"].seen) == (
        Verdict.FAIL,
        "AdministratorAccess",
    )
    assert (seen["boundary of the toolkit"].verdict, seen["boundary of the toolkit"].seen) == (Verdict.FAIL, "none")


def test_policies_and_roles_that_are_not_there_fail() -> None:
    nothing = [Answer("get_policy", refusal="NoSuchEntity"), Answer("get_role", refusal="NoSuchEntity")]
    seen = found(access.limits, {"sts": [caller(f"{ROLE}/me")], "iam": nothing})
    assert verdicts(seen) == {"boundary of roles": Verdict.FAIL, "execution role": Verdict.FAIL}


def test_who_may_not_look_is_told_what_is_missing() -> None:
    (finding,) = found(
        access.limits, {"sts": [caller(f"{ROLE}/me")], "iam": [Answer("get_policy", refusal="AccessDenied")]}
    )
    assert (finding.verdict, finding.advice) == (Verdict.WARN, "allow these credentials iam:GetPolicy")
