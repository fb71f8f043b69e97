"""BootstrapStack: the managed policies that limit deployments, and the roles that deployments make."""

from collections.abc import Sequence

from aws_cdk import Aws, BootstraplessSynthesizer, CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from bootstrap import boundary, compute, identity, network, observability, storage, toolkit
from cdk_app.boundary import boundary_name
from cdk_app.settings import Settings


class BootstrapStack(Stack):
    """The policies of CloudFormation's execution role, and the boundary of every role that it makes.

    Guarantees: it needs nothing that `cdk bootstrap` makes; no policy grants every action of AWS, nor a change of
    these policies; a role can be made only with the boundary.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, qualifier: str) -> None:
        """Define the policies for the system that `settings` describe, under the CDK's `qualifier`."""
        super().__init__(
            scope,
            id_,
            description="Slipway: what deployments, and the roles that they make, may do",
            synthesizer=BootstraplessSynthesizer(),
        )
        Tags.of(self).add("system", settings.name)
        limit = self._policy("Boundary", boundary_name(settings), boundary.statements(qualifier))
        topics = {
            "identity": identity.statements(settings.name, limit.managed_policy_arn),
            "network": network.statements(settings.name, settings.domain_zone_id),
            "compute": compute.statements(settings.name, qualifier),
            "storage": storage.statements(settings.name, qualifier),
            "observability": observability.statements(settings.name),
        }
        policies = [
            self._policy(topic.capitalize(), f"{settings.name}-cdk-execution-{topic}-{Aws.REGION}", statements)
            for topic, statements in topics.items()
        ]
        toolkit_boundary = f"{settings.name}-toolkit-boundary-{Aws.REGION}"
        self._policy("Toolkit", toolkit_boundary, toolkit.statements())
        CfnOutput(self, "ToolkitBoundary", value=toolkit_boundary)
        CfnOutput(self, "ExecutionPolicies", value=",".join(policy.managed_policy_arn for policy in policies))
        CfnOutput(self, "Environment", value=f"aws://{Aws.ACCOUNT_ID}/{Aws.REGION}")

    def _policy(self, id_: str, name: str, statements: Sequence[iam.PolicyStatement]) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(
            self, id_, managed_policy_name=name, statements=statements, description=f"Slipway: {id_.lower()}"
        )
