"""Log groups that a stack owns, so that destroying it leaves none behind."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

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


def bound_retention(scope: IConstruct) -> None:
    """Keep the events of every log group under `scope` for `RETENTION_DAYS`, whatever its maker thought.

    For log groups that the CDK makes by itself: they are kept for two years, and offer no setting.
    """
    for construct in scope.node.find_all():
        if isinstance(construct, logs.CfnLogGroup):
            construct.retention_in_days = RETENTION_DAYS
