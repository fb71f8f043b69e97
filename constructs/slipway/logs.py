"""Logs that a stack owns, so that destroying it leaves none behind."""

from aws_cdk import CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from slipway.acknowledge import acknowledge

RETENTION_DAYS = 30
"""Days that every log is kept."""


def owned_log_group(scope: Construct, id_: str, *, name: str | None = None) -> logs.LogGroup:
    """Make a log group that keeps its events for `RETENTION_DAYS` and goes with its stack.

    Args:
        scope: the construct that it belongs to.
        id_: its construct ID.
        name: given where a service writes to a group of a fixed name, and would otherwise make one that outlives
            the stack and keeps its events for ever.
    """
    return logs.LogGroup(
        scope, id_, log_group_name=name, retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
    )


def owned_log_bucket(scope: Construct, id_: str) -> s3.Bucket:
    """Make a private bucket that keeps its logs for `RETENTION_DAYS` and goes with its stack, and they with it.

    Its keys are S3's own: a load balancer cannot write to a bucket with another.
    """
    bucket = s3.Bucket(
        scope,
        id_,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(RETENTION_DAYS))],
        removal_policy=RemovalPolicy.DESTROY,
        auto_delete_objects=True,
    )
    acknowledge(
        bucket, "S1", reason="it holds access logs; a log of who reads them would need a bucket with the same finding"
    )
    own_logs_of_provider(
        scope,
        f"{id_}CleanerLogs",
        provider="Custom::S3AutoDeleteObjectsCustomResourceProvider",
        resource=bucket.node.find_child("AutoDeleteObjectsCustomResource"),
    )
    return bucket


def own_logs_of_provider(scope: Construct, id_: str, *, provider: str, resource: IConstruct) -> None:
    """Own the log group of a function that the CDK brings along for custom resources.

    Args:
        scope: the construct that the log group belongs to.
        id_: its construct ID.
        provider: the construct ID, in the stack, of what holds the function.
        resource: the custom resource, which calls the function and must come after the group.

    Raises:
        TypeError: the CDK has changed how it makes these functions.
    """
    function = Stack.of(scope).node.find_child(provider).node.find_child("Handler")
    if not isinstance(function, CfnResource):
        raise TypeError(f"{function.node.path} is not the function that it was")
    resource.node.add_dependency(owned_log_group(scope, id_, name=f"/aws/lambda/{function.ref}"))


def bound_retention(scope: IConstruct) -> None:
    """Keep the events of every log group under `scope` for `RETENTION_DAYS`, whatever its maker thought.

    For log groups that the CDK makes by itself: they are kept for two years, and offer no setting.
    """
    for construct in scope.node.find_all():
        if isinstance(construct, logs.CfnLogGroup):
            construct.retention_in_days = RETENTION_DAYS
