"""The tags of everything: what it belongs to, who answers for it and who pays."""

from aws_cdk import Stack, Tags

from cdk_app.settings import Settings


def tags_of(stack: Stack, settings: Settings) -> dict[str, str]:
    """Return the tags of all that belongs to `stack`."""
    return {
        "system": settings.name,
        "stack": stack.stack_name,
        "owner": settings.owner,
        "cost-centre": settings.cost_centre,
    }


def tag(stack: Stack, settings: Settings) -> None:
    """Tag `stack` and its resources. What others make for it, such as nodes, must be told its tags."""
    for key, value in tags_of(stack, settings).items():
        Tags.of(stack).add(key, value)
        # CloudFormation gives the stack's own tags to what the CDK makes without asking for any.
        stack.tags.set_tag(key, value)
