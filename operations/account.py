"""An AWS account and region, to be looked at and not to be changed, and what the repository means to have there."""

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from textwrap import shorten
from typing import Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.settings import Settings, SettingsError
from operations import ROOT, OperationsError, RefusedError, sign_in

Connect = Callable[[str], Any]
"""Returns a client of the service of that name."""

CDK = json.loads((ROOT / "cdk.json").read_text("utf-8"))
"""What the CDK's CLI is told for good, the settings in its context."""

QUALIFIER: str = CDK["context"]["@aws-cdk/core:bootstrapQualifier"]
TOOLKIT: str = CDK["toolkitStackName"]
"""How the CDK's own resources are told from other applications'."""

_LONGEST = 160  # letters; some answer with a page
_LOOKING = ("describe_", "filter_", "get_", "list_")
_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
_SIGNED_OUT = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")
_MISSING = ("DBInstanceNotFound", "NoSuchEntity", "NoSuchHostedZone", "NoSuchResourceException", "ParameterNotFound")
_ABSENT = ("InvalidInstanceID.NotFound", "ResourceNotFoundException", "TargetGroupNotFound")
_IAM_NAMES = {"monitoring": "cloudwatch"}
"""How IAM calls services that sign their requests with another name."""


class AwsError(RefusedError):
    """AWS does not say what it was asked."""


class NotThereError(AwsError):
    """What was asked for does not exist."""


class Account:
    """What credentials lead to.

    Guarantees: only calls that look are made; every failure is one line: an `AwsError` that names the missing action
    where IAM refuses it, an `OperationsError` where no other look would do better.

    Attributes:
        region: where to look.
        settings: what cdk.json sets.
    """

    def __init__(self, connect: Connect, *, region: str, settings: Settings) -> None:
        """Look through `connect` at `region`, for the system that `settings` describe."""
        self._connect, self.region, self.settings = connect, region, settings

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return what AWS answers.

        Raises:
            NotThereError: what was asked for does not exist.
            AwsError: it was refused.
        """
        return next(self._pages(service, operation, arguments))

    def listed(self, service: str, operation: str, items: str, **arguments: Any) -> list[Any]:
        """Return the `items` of all pages that AWS answers.

        Raises:
            NotThereError: what was asked for does not exist.
            AwsError: it was refused.
        """
        return [item for page in self._pages(service, operation, arguments) for item in page.get(items, [])]

    def existing(self, service: str, operation: str, items: str, **arguments: Any) -> list[Any]:
        """Return the `items` of all pages that AWS answers; none where what was asked for does not exist.

        Raises:
            AwsError: it was refused.
        """
        try:
            return self.listed(service, operation, items, **arguments)
        except NotThereError:
            return []

    @cached_property
    def stacks(self) -> dict[str, dict[str, Any]]:
        """The stacks that are there, by name."""
        found = self.listed("cloudformation", "describe_stacks", "Stacks")
        return {stack["StackName"]: stack for stack in found if stack["StackStatus"] != "DELETE_COMPLETE"}

    def resources(self, stack: str, kind: str) -> dict[str, str]:
        """Return the physical IDs of a stack's resources of one type, by logical ID; none where there is no stack."""
        if stack not in self.stacks:
            return {}
        found = self.listed("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
        return {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in found if item["ResourceType"] == kind}

    def _pages(self, service: str, operation: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not operation.startswith(_LOOKING):
            raise ValueError(f"{operation} does more than look")
        client = self._connect(service)
        try:
            if client.can_paginate(operation):
                yield from client.get_paginator(operation).paginate(**arguments)
            else:
                yield getattr(client, operation)(**arguments)
        except ClientError as error:
            raise _explained(error, client, operation) from None
        except BotoCoreError as error:
            raise OperationsError(f"AWS is not reached: {error}") from None


def _explained(error: ClientError, client: Any, operation: str) -> OperationsError:
    """Return what AWS refuses, as one of ours."""
    told = error.response["Error"]
    if told["Code"] in _SIGNED_OUT:
        return OperationsError(f"AWS does not take these credentials ({told['Code']}); sign in again: aws sso login")
    if told["Code"] in _DENIED:
        service = client.meta.service_model.signing_name
        action = f"{_IAM_NAMES.get(service, service)}:{client.meta.method_to_api_mapping[operation]}"
        return AwsError(f"{action} is not allowed; allow these credentials {action}")
    says = shorten(told.get("Message", ""), _LONGEST, placeholder=" …")
    if told["Code"] in _MISSING + _ABSENT:
        return NotThereError(says or told["Code"])
    return AwsError(f"{told['Code']}: {says}".rstrip(": "))


def connected(session: boto3.Session | None) -> Account:
    """Return the account that a session leads to, with the settings of cdk.json.

    Raises:
        OperationsError: there are no credentials, or no region; or cdk.json holds a setting that is not allowed.
    """
    if session is None:
        raise OperationsError("no credentials of AWS here; sign in (aws sso login), or set AWS_PROFILE")
    region, clients = sign_in.region(session), cast(Any, session)
    try:
        settings = Settings.from_context(CDK["context"])
    except SettingsError as error:
        raise OperationsError(f"cdk.json: {error}") from None
    return Account(lambda service: clients.client(service, region_name=region), region=region, settings=settings)
