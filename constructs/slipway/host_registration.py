"""What waits until Systems Manager reaches a host."""

from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge
from slipway.inline_function import inline_function

_HANDLER = Path(__file__).with_name("host_registration_handler") / "handler.py"


class HostRegistration(Construct):
    """Waits for hosts that are new.

    CloudFormation calls an instance made as soon as it runs, minutes before its agent registers. What is applied to it
    until then reaches nobody, and Systems Manager calls that a success.

    Guarantees: a host that is made or replaced has registered before what depends on its `awaited` is made; one that
    does not within 14 minutes fails the deployment, which says so.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        """Define what waits; `awaited` says for whom."""
        super().__init__(scope, id_)
        self._limit = Duration.minutes(14)
        self._function, role = inline_function(
            self,
            description="Waits until Systems Manager reaches a new host",
            handler=_HANDLER,
            time_limit=self._limit.plus(Duration.minutes(1)),
            # Describing knows no narrower resource.
            allowed=[iam.PolicyStatement(actions=["ssm:DescribeInstanceInformation"], resources=["*"])],
        )
        acknowledge(role, "IAM5[Resource::*]", reason="describing what is registered knows no narrower resource")

    def awaited(self, name: str, instance: ec2.Instance) -> CustomResource:
        """Return a resource that is made once `instance`, whom the stack calls `name`, has registered."""
        return CustomResource(
            self,
            name,
            resource_type="Custom::HostRegistration",
            service_token=self._function.function_arn,
            # A function that dies answers nothing: CloudFormation waits for so long, instead of an hour.
            service_timeout=self._limit.plus(Duration.minutes(2)),
            properties={"InstanceId": instance.instance_id, "Seconds": str(int(self._limit.to_seconds()))},
        )
