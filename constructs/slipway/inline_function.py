"""A Lambda function that answers CloudFormation, small enough to stand in the template."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from slipway.function_role import function_role
from slipway.logs import owned_log_group


def inline_function(
    scope: Construct, *, description: str, handler: Path, time_limit: Duration, allowed: Sequence[iam.PolicyStatement]
) -> tuple[lambda_.Function, iam.Role]:
    """Make a function, its role and its log group in `scope`, and return the first two.

    Args:
        scope: the construct that they belong to; it holds no other function.
        description: what the function does.
        handler: the program, which imports `cfnresponse`; its function `handle` answers.
        time_limit: how long an answer may take, 15 minutes at most.
        allowed: what it may do besides writing its log.
    """
    log_group = owned_log_group(scope, "Logs")
    role = function_role(scope, "Role", description=description, log_group=log_group)
    for statement in allowed:
        role.add_to_policy(statement)
    function = lambda_.Function(
        scope,
        "Function",
        description=description,
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        # Inline, since Lambda gives `cfnresponse` to inline code alone.
        code=lambda_.Code.from_inline(handler.read_text("utf-8")),
        handler="index.handle",
        timeout=time_limit,
        role=role,
        log_group=log_group,
    )
    return function, role
