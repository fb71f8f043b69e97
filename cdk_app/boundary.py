"""The boundary of every role: what it may do at most, whatever its own policies say (`bootstrap/boundary.py`)."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from cdk_app.settings import Settings


def boundary_name(settings: Settings) -> str:
    """Return the name of the managed policy; the region is in it, because IAM's names are the whole account's."""
    return f"{settings.name}-boundary-{Aws.REGION}"


def bound_roles(stack: Stack, settings: Settings) -> None:
    """Give every role of `stack` the boundary, without which the deployment may not make it."""
    policy = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", boundary_name(settings))
    iam.PermissionsBoundary.of(stack).apply(policy)
