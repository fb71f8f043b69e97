"""Whom roles and resources trust."""

from aws_cdk import Stack
from constructs import IConstruct


def for_this_account(scope: IConstruct) -> dict[str, dict[str, str]]:
    """Return IAM's condition that a service acts for this account.

    Without it a service could be sent by a stranger who knows a name of ours: the confused deputy.
    """
    return {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
