"""What one host tells others, through Systems Manager's Parameter Store."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from slipway.build_host import BuildHost

UNSET = "none"
"""The value until a host has written one; who reads it takes it for nothing."""


class HostParameter(Construct):
    """An SSM parameter that a host writes, and that goes with the stack.

    Guarantees: only hosts that were granted it read or write it. CloudFormation writes `UNSET` when it makes it, and
    again only if description or tags change: hosts that write it at every run of their playbook mend that in a day.

    Attributes:
        name: its name.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, description: str) -> None:
        """Define the parameter, with the `name` that people and scripts know it by."""
        super().__init__(scope, id_)
        parameter = ssm.StringParameter(
            self, "Parameter", parameter_name=name, description=description, string_value=UNSET
        )
        self.name = parameter.parameter_name
        self._arn = parameter.parameter_arn

    def grant_read(self, host: BuildHost) -> None:
        """Let `host` read it."""
        host.role.add_to_policy(
            iam.PolicyStatement(actions=["ssm:GetParameter", "ssm:GetParameters"], resources=[self._arn])
        )

    def grant_write(self, host: BuildHost) -> None:
        """Let `host` write it, and look first whether it holds that already."""
        self.grant_read(host)
        host.role.add_to_policy(
            iam.PolicyStatement(actions=["ssm:ListTagsForResource", "ssm:PutParameter"], resources=[self._arn])
        )
        host.role.add_to_policy(
            # Describing knows no narrower resource; it shows names, not values.
            iam.PolicyStatement(actions=["ssm:DescribeParameters"], resources=["*"])
        )
