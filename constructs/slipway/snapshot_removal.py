"""What deletes a volume's snapshots when the stack goes."""

from pathlib import Path

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from slipway.acknowledge import acknowledge_snapshots
from slipway.function_role import function_role
from slipway.logs import owned_log_group

_HANDLER = Path(__file__).with_name("snapshot_removal_handler") / "handler.py"


class SnapshotRemoval(Construct):
    """Deletes all snapshots with its mark when it is deleted itself, and does nothing else.

    Guarantees: no other snapshot can be deleted; a failure fails the deletion of the stack and says why, and deleting
    again goes on where it stopped. What makes the snapshots must depend on this, so that it is gone before.

    Attributes:
        mark: the tag that snapshots are to be made with.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        """Define the removal of the snapshots of volume `name`."""
        super().__init__(scope, id_)
        self.mark = {"key": "snapshot-of", "value": name}
        description = f"Deletes the snapshots of volume {name} with the stack"
        log_group = owned_log_group(self, "Logs")
        role = function_role(self, "Role", description=description, log_group=log_group)
        # Describing knows no narrower resource.
        role.add_to_policy(iam.PolicyStatement(actions=["ec2:DescribeSnapshots"], resources=["*"]))
        snapshots = Stack.of(self).format_arn(service="ec2", account="", resource="snapshot", resource_name="*")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["ec2:DeleteSnapshot"],
                resources=[snapshots],
                conditions={"StringEquals": {f"aws:ResourceTag/{self.mark['key']}": name}},
            )
        )
        acknowledge_snapshots(role)
        limit = Duration.minutes(5)
        function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            # Inline, since Lambda gives `cfnresponse` to inline code alone.
            code=lambda_.Code.from_inline(_HANDLER.read_text("utf-8")),
            handler="index.handle",
            timeout=limit,
            role=role,
            log_group=log_group,
        )
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::SnapshotRemoval",
            service_token=function.function_arn,
            # A function that dies answers nothing: CloudFormation waits for so long, instead of an hour.
            service_timeout=limit.plus(Duration.minutes(1)),
            properties={"Tag": self.mark},
        )
