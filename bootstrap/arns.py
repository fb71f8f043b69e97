"""How the policies name resources, and the pieces that they share."""

from collections.abc import Mapping
from functools import partial

from aws_cdk import Aws, Fn
from aws_cdk import aws_iam as iam

STACKS = ("NetworkStack", "RegistryStack", "CiStack", "DataStack", "ClusterStack", "ProdStack")
"""The stacks that deployments may change; CloudFormation begins the names that it invents with theirs."""

HERE = {"StringEquals": {"aws:RequestedRegion": Aws.REGION}}
"""The bootstrapped region, for what knows no narrower resource than `*`."""


def arn(service: str, resource: str, *, region: str = "${AWS::Region}", account: str = "${AWS::AccountId}") -> str:
    """Return the ARN of a resource in the bootstrapped account and region.

    CloudFormation fills in `${AWS::…}`. With `Fn::Join`s the template would be too large to deploy without a bucket.
    """
    return Fn.sub(f"arn:${{AWS::Partition}}:{service}:{region}:{account}:{resource}")


def iam_arn(resource: str) -> str:
    """Return the ARN of a resource of IAM, which knows no region."""
    return arn("iam", resource, region="")


def of_stacks(service: str, prefix: str) -> list[str]:
    """Return the ARNs of what the stacks' names begin, such as `role/CiStack-*`."""
    make = partial(arn, service, region="") if service == "iam" else partial(arn, service)
    return [make(f"{prefix}{stack}-*") for stack in STACKS]


def ours(name: str) -> dict[str, dict[str, str]]:
    """Return the condition that a resource carries the system's tag."""
    return {"StringEquals": {"aws:ResourceTag/system": name}}


def allow(
    service: str,
    actions: str,
    *resources: str,
    conditions: Mapping[str, Mapping[str, str | list[str]]] | None = None,
) -> iam.PolicyStatement:
    """Allow the space-separated `actions` of `service` on `resources`."""
    return iam.PolicyStatement(
        actions=[f"{service}:{action}" for action in actions.split()],
        resources=list(resources),
        conditions=dict(conditions or {}),
    )
