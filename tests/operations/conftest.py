"""Accounts that answer what a test says, by botocore's Stubber: it takes none that AWS's own model does not know."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.stub import Stubber

from cdk_app.settings import Settings
from operations.account import Account
from operations.findings import Check, Finding, Verdict, gather

REGION, NUMBER = "eu-west-2", "111122223333"
LONG_AGO = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ALL_STACKS = ("NetworkStack", "RegistryStack", "CiStack", "DataStack", "ClusterStack", "ProdStack")


_SESSION: Any = boto3.session.Session("test", "test", region_name=REGION)
"""One for all, since it reads each service's model once."""


class Answer(NamedTuple):
    """What AWS answers to the next call of a service."""

    operation: str
    content: Mapping[str, Any] = {}
    refusal: str = ""
    """The code of an error, which is answered instead."""


Answers = Mapping[str, Sequence[Answer]]
"""By service, in the order in which it is asked."""


def stacks(*names: str, status: str = "CREATE_COMPLETE", outputs: Iterable[tuple[str, str]] = ()) -> Answer:
    """Answer that these stacks are there, and no others."""
    told = [{"OutputKey": key, "OutputValue": value} for key, value in outputs]
    found = [{"StackName": name, "StackStatus": status, "CreationTime": LONG_AGO, "Outputs": told} for name in names]
    return Answer("describe_stacks", {"Stacks": found})


def resources(kind: str, **numbers: str) -> Answer:
    """Answer that a stack has these resources of a type, physical IDs by logical ones."""
    common = {"ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": LONG_AGO}
    found = [{"LogicalResourceId": name, "PhysicalResourceId": number, **common} for name, number in numbers.items()]
    return Answer("list_stack_resources", {"StackResourceSummaries": found})


def account(answers: Answers, **settings: str) -> Account:
    """Return an account with these answers and no others."""
    clients = {}
    for service, told in answers.items():
        client = _SESSION.client(service)
        stubber = Stubber(client)
        for answer in told:
            if answer.refusal:
                stubber.add_client_error(answer.operation, answer.refusal, "for a\n reason")
            else:
                stubber.add_response(answer.operation, dict(answer.content))
        stubber.activate()
        clients[service] = client
    return Account(clients.__getitem__, region=REGION, settings=Settings.from_context(settings))


def found(check: Check[Account], answers: Answers, **settings: str) -> list[Finding]:
    """Return what one check finds."""
    return list(gather([check], account(answers, **settings)))


def verdicts(findings: Iterable[Finding]) -> dict[str, Verdict]:
    """Return the verdicts by what was looked at."""
    return {finding.what: finding.verdict for finding in findings}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own account out."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
