import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.stacks.cfnresponse_stand_in import Answers

FOUND = {"OwnerIds": ["self"], "Filters": [{"Name": "tag:snapshot-of", "Values": ["home"]}]}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setitem(sys.modules, "cfnresponse", answers)
    # Imported anew by each test, with its own answers.
    monkeypatch.delitem(sys.modules, "slipway.snapshot_removal_handler.handler", raising=False)
    return answers


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client: Any = boto3.client("ec2", "eu-west-2", aws_access_key_id="none", aws_secret_access_key="none")
    monkeypatch.setattr("boto3.client", lambda _service: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def ask(kind: str) -> None:
    handler = import_module("slipway.snapshot_removal_handler.handler")
    tag = {"key": "snapshot-of", "value": "home"}
    handler.handle({"RequestType": kind, "LogicalResourceId": "Removal", "ResourceProperties": {"Tag": tag}}, object())


def test_all_marked_snapshots_are_deleted(answers: Answers, ec2: Stubber) -> None:
    ec2.add_response("describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-1"}], "NextToken": "more"}, FOUND)
    ec2.add_response("delete_snapshot", {}, {"SnapshotId": "snap-1"})
    ec2.add_response("describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-2"}]}, {**FOUND, "NextToken": "more"})
    ec2.add_response("delete_snapshot", {}, {"SnapshotId": "snap-2"})

    ask("Delete")

    assert [answer.status for answer in answers.sent] == ["SUCCESS"]


def test_a_snapshot_that_is_gone_already_is_no_failure(answers: Answers, ec2: Stubber) -> None:
    ec2.add_response("describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-1"}]}, FOUND)
    ec2.add_client_error("delete_snapshot", "InvalidSnapshot.NotFound")

    ask("Delete")

    assert [answer.status for answer in answers.sent] == ["SUCCESS"]


def test_a_snapshot_that_cannot_be_deleted_fails_the_deletion_and_says_why(answers: Answers, ec2: Stubber) -> None:
    ec2.add_response("describe_snapshots", {"Snapshots": [{"SnapshotId": "snap-1"}]}, FOUND)
    ec2.add_client_error("delete_snapshot", "InvalidSnapshot.InUse", "snap-1 is in use by ami-1")

    ask("Delete")

    (answer,) = answers.sent
    assert answer.status == "FAILED"
    assert "snap-1 is in use by ami-1" in answer.reason


@pytest.mark.usefixtures("ec2")
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_deleted_before_the_stack_is(answers: Answers, kind: str) -> None:
    ask(kind)

    assert [answer.status for answer in answers.sent] == ["SUCCESS"]


@pytest.mark.usefixtures("ec2")
def test_an_update_does_not_make_another_resource_of_it(answers: Answers) -> None:
    ask("Create")
    ask("Update")

    assert len({answer.resource for answer in answers.sent}) == 1
