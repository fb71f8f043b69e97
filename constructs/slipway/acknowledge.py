"""Findings of cdk-nag that stand, each beside its resource and with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, *rules: str, reason: str) -> None:
    """Let findings of cdk-nag's AwsSolutions pass, for `scope` and all that is part of it.

    Args:
        scope: the construct that they are about.
        rules: what was found, as the finding calls it without its prefix: `EC28`, `IAM5[Resource::*]`.
        reason: why it is right all the same, for a reviewer.
    """
    Validations.of(scope).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason) for rule in rules)
    )


def acknowledge_aws_policies(role: IConstruct, *names: str, reason: str) -> None:
    """Let `role` have policies that AWS writes, and may change: `names`, such as `AmazonEKSClusterPolicy`."""
    acknowledge(role, *(f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]" for name in names), reason=reason)


def acknowledge_snapshots(role: IConstruct) -> None:
    """Let `role` make, find and delete snapshots of volumes, which have no name before they are there."""
    acknowledge(role, "IAM5[Resource::*]", reason="describing snapshots, volumes and hosts knows no narrower resource")
    acknowledge(
        role,
        "IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>::snapshot/*]",
        reason="a snapshot has no name before it is there; only those with the volume's tag may be deleted",
    )
