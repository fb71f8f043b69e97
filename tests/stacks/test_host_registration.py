"""A deployment goes on once Systems Manager reaches the host that it has made, and says so when it does not."""

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.stacks.cfnresponse_stand_in import Answers
from tests.stacks.synthesis import Synthesis

ASKED = {"Filters": [{"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}]}


def information(*statuses: str) -> dict[str, Any]:
    return {"InstanceInformationList": [{"PingStatus": status} for status in statuses]}


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setitem(sys.modules, "cfnresponse", answers)
    # Imported anew by each test, with its own answers.
    monkeypatch.delitem(sys.modules, "slipway.host_registration_handler.handler", raising=False)
    return answers


@pytest.fixture
def handler(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    handler = import_module("slipway.host_registration_handler.handler")
    assert handler.cfnresponse is answers
    clock = Clock()
    monkeypatch.setattr(handler, "sleep", clock.sleep)
    monkeypatch.setattr(handler, "monotonic", lambda: clock.now)
    return handler


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client: Any = boto3.client("ssm", "eu-west-2", aws_access_key_id="none", aws_secret_access_key="none")
    monkeypatch.setattr("boto3.client", lambda _service: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def ask(handler: ModuleType, kind: str, seconds: int = 12) -> None:
    properties = {"InstanceId": "i-0123456789abcdef0", "Seconds": str(seconds)}
    handler.handle({"RequestType": kind, "LogicalResourceId": "Test", "ResourceProperties": properties}, object())


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_host_is_waited_for_until_it_is_online(
    handler: ModuleType, answers: Answers, ssm: Stubber, kind: str
) -> None:
    ssm.add_client_error("describe_instance_information", "AccessDeniedException", "the role is not known yet")
    ssm.add_response("describe_instance_information", information(), ASKED)
    ssm.add_response("describe_instance_information", information("Online"), ASKED)

    ask(handler, kind)

    assert [(answer.status, answer.resource) for answer in answers.sent] == [("SUCCESS", "Test")]


@pytest.mark.parametrize(
    ("seen", "told"), [(information(), "not registered"), (information("ConnectionLost"), "ConnectionLost")]
)
def test_a_host_that_is_never_online_fails_the_deployment_and_is_named(
    handler: ModuleType, answers: Answers, ssm: Stubber, seen: dict[str, Any], told: str
) -> None:
    for _ in range(4):
        ssm.add_response("describe_instance_information", seen, ASKED)

    ask(handler, "Create")

    (answer,) = answers.sent
    assert answer.status == "FAILED"
    assert f"does not reach i-0123456789abcdef0 after 12 s ({told})" in answer.reason


@pytest.mark.usefixtures("ssm")
def test_nobody_waits_for_a_host_that_goes(handler: ModuleType, answers: Answers) -> None:
    ask(handler, "Delete")

    assert [answer.status for answer in answers.sent] == ["SUCCESS"]


def test_playbooks_are_applied_to_hosts_that_have_registered(synthesis: Synthesis) -> None:
    waits = {name: item for _, name, item in synthesis.resources("Custom::HostRegistration")}
    associations = [item for _, _, item in synthesis.resources("AWS::SSM::Association")]
    assert len(associations) == 2
    for association in associations:
        (wait,) = [waits[name] for name in association["DependsOn"] if name in waits]
        assert [wait["Properties"]["InstanceId"]] == association["Properties"]["Targets"][0]["Values"]


def test_a_function_that_dies_is_not_waited_for_an_hour(synthesis: Synthesis) -> None:
    for _, _, wait in synthesis.resources("Custom::HostRegistration"):
        assert int(wait["Properties"]["Seconds"]) < int(wait["Properties"]["ServiceTimeout"]) <= 960
