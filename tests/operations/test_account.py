"""An account is looked at and not changed, and what it refuses is a line."""

import pytest
from botocore.exceptions import EndpointConnectionError

from operations import OperationsError, sign_in
from operations.account import Account, AwsError, NotThereError, connected
from tests.operations.conftest import Answer, account, resources, stacks


def test_what_is_refused_names_the_action_that_is_missing() -> None:
    refusing = account({"elbv2": [Answer("describe_target_health", refusal="AccessDenied")]})
    with pytest.raises(AwsError, match=r"^elasticloadbalancing:DescribeTargetHealth is not allowed; allow "):
        refusing.ask("elbv2", "describe_target_health", TargetGroupArn="arn")


def test_iam_calls_alarms_by_another_name_than_requests_are_signed_with() -> None:
    refusing = account({"cloudwatch": [Answer("describe_alarms", refusal="AccessDenied")]})
    with pytest.raises(AwsError, match=r"^cloudwatch:DescribeAlarms is not allowed"):
        refusing.listed("cloudwatch", "describe_alarms", "MetricAlarms")


def test_what_is_not_there_is_told_from_what_is_refused() -> None:
    empty = account({"ssm": [Answer("get_parameter", refusal="ParameterNotFound")]})
    with pytest.raises(NotThereError, match="for a reason"):
        empty.ask("ssm", "get_parameter", Name="/slipway/release/last-good")


def test_a_sign_in_that_has_ended_ends_everything() -> None:
    ended = account({"sts": [Answer("get_caller_identity", refusal="ExpiredToken")]})
    with pytest.raises(OperationsError, match=r"\(ExpiredToken\); sign in again") as refused:
        ended.ask("sts", "get_caller_identity")
    assert not isinstance(refused.value, AwsError)


def test_an_aws_that_is_not_reached_ends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    away = account({"ec2": []})
    client = away._connect("ec2")

    def unreached(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://ec2.test")

    monkeypatch.setattr(client, "describe_addresses", unreached)
    with pytest.raises(OperationsError, match=r'AWS is not reached: .*"https://ec2.test"'):
        away.ask("ec2", "describe_addresses")


def test_nothing_but_looking_is_done() -> None:
    with pytest.raises(ValueError, match="delete_vpc does more than look"):
        account({"ec2": []}).ask("ec2", "delete_vpc", VpcId="vpc-1")


def test_pages_are_put_together() -> None:
    pages = [
        Answer("list_clusters", {"clusters": ["one"], "nextToken": "more"}),
        Answer("list_clusters", {"clusters": ["two"]}),
    ]
    assert account({"eks": pages}).listed("eks", "list_clusters", "clusters") == ["one", "two"]


def test_stacks_that_are_deleted_are_not_there() -> None:
    found = account({"cloudformation": [stacks("CiStack", status="DELETE_COMPLETE")]})
    assert found.stacks == {}
    assert found.resources("CiStack", "AWS::EC2::Instance") == {}


def test_resources_are_those_of_the_type() -> None:
    group = resources("AWS::Logs::LogGroup", GateLogs="gate")
    found = account({"cloudformation": [stacks("ProdStack"), group]})
    assert found.resources("ProdStack", "AWS::Logs::LogGroup") == {"GateLogs": "gate"}


def test_without_credentials_or_region_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_in.session() is None
    with pytest.raises(OperationsError, match=r"^no credentials of AWS here; sign in \(aws sso login\)"):
        connected(None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with pytest.raises(OperationsError, match="no region is set; set it: export AWS_REGION="):
        connected(sign_in.session())
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert isinstance(found := connected(sign_in.session()), Account)
    assert (found.region, found.settings.name) == ("eu-west-1", "slipway")


def test_a_profile_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(OperationsError, match=r"of no use: .*nobody.*; sign in again"):
        sign_in.session()
