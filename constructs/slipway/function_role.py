"""What a Lambda function of ours may do before it does anything of its own."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from slipway.acknowledge import acknowledge

_TO_JOIN_A_VPC = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def function_role(
    scope: Construct, id_: str, *, description: str, log_group: logs.ILogGroup, in_vpc: bool = False
) -> iam.Role:
    """Make a role for a Lambda function that may write its log, and nothing else until someone grants more.

    AWS's own role lets a function make any log group: its own again, too, while its stack is deleted.

    Args:
        scope: the construct that it belongs to.
        id_: its construct ID.
        description: what the function does.
        log_group: what it logs to.
        in_vpc: whether the function is in a VPC, to which Lambda itself connects it with the function's role.
    """
    role = iam.Role(scope, id_, description=description, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    if in_vpc:
        role.add_to_policy(iam.PolicyStatement(actions=list(_TO_JOIN_A_VPC), resources=["*"]))
        acknowledge(
            role,
            "IAM5[Resource::*]",
            reason="a function's network interface has no name before it is made; Lambda demands this of every role "
            "whose function is in a VPC",
        )
    return role
