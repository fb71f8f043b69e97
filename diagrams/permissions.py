"""What roles let their holders do that is a connection: images that are written and read, and deployments."""

from collections.abc import Iterator
from typing import Any

from diagrams.stacks import Key, Resource, Stacks

_PUSH, _PULL = "ecr:PutImage", "ecr:BatchGetImage"
_PULL_ANY = "AmazonEC2ContainerRegistryPullOnly"
_DEPLOYER = "-deploy-role-"
"""In the names of the roles by which the CDK has CloudFormation deploy."""


def repositories(stacks: Stacks, host: Resource) -> Iterator[tuple[Key, str]]:
    """Yield the image repositories that a host may use, and how: push or pull."""
    for statement in _statements(stacks, host):
        actions = statement["Action"]
        way = "push" if _PUSH in actions else "pull" if _PULL in actions else None
        if way:
            yield from ((key, way) for key in stacks.referred(host.key.stack, statement["Resource"]))


def deploys(stacks: Stacks, host: Resource) -> bool:
    """Whether a host may have CloudFormation deploy."""
    return any(
        statement["Action"] == "sts:AssumeRole" and _DEPLOYER in str(statement["Resource"])
        for statement in _statements(stacks, host)
    )


def nodes_pull(stacks: Stacks) -> bool:
    """Whether the cluster's nodes may pull images from every repository."""
    roles = {item["spec"]["role"] for item in stacks.objects.of_kind("NodeClass")}
    return any(
        _PULL_ANY in str(resource.properties.get("ManagedPolicyArns"))
        for resource in stacks.of_type("AWS::IAM::Role")
        if resource.key.host in roles
    )


def _statements(stacks: Stacks, host: Resource) -> Iterator[dict[str, Any]]:
    """Yield what the policies of a host's role allow."""
    (profile,) = stacks.of(host, "IamInstanceProfile")
    roles = stacks.of(stacks.resources[profile], "Roles")
    for policy in stacks.of_type("AWS::IAM::Policy"):
        if roles & stacks.of(policy, "Roles"):
            yield from policy.properties["PolicyDocument"]["Statement"]
