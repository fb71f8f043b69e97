"""What deletes a volume's snapshots when the stack goes."""

from pathlib import Path

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge_snapshots
from slipway.inline_function import inline_function

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
        snapshots = Stack.of(self).format_arn(service="ec2", account="", resource="snapshot", resource_name="*")
        limit = Duration.minutes(5)
        function, role = inline_function(
            self,
            description=f"Deletes the snapshots of volume {name} with the stack",
            handler=_HANDLER,
            time_limit=limit,
            allowed=[
                # Describing knows no narrower resource.
                iam.PolicyStatement(actions=["ec2:DescribeSnapshots"], resources=["*"]),
                iam.PolicyStatement(
                    actions=["ec2:DeleteSnapshot"],
                    resources=[snapshots],
                    conditions={"StringEquals": {f"aws:ResourceTag/{self.mark['key']}": name}},
                ),
            ],
        )
        acknowledge_snapshots(role)
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::SnapshotRemoval",
            service_token=function.function_arn,
            # A function that dies answers nothing: CloudFormation waits for so long, instead of an hour.
            service_timeout=limit.plus(Duration.minutes(1)),
            properties={"Tag": self.mark},
        )
