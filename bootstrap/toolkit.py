"""What the roles that `cdk bootstrap` makes can do at most: deploy our stacks, and no others."""

from aws_cdk import aws_iam as iam

from bootstrap.arns import STACKS, arn


def statements() -> list[iam.PolicyStatement]:
    """Return the boundary of the deploying, publishing, looking and executing roles."""
    return [
        # A ceiling and no grant: what each role may do stands in its own policies.
        iam.PolicyStatement(actions=["*"], resources=["*"]),
        # The CDK's deploy role may change every stack of the account, and CloudFormation changes a stack with the role
        # that it was deployed with before: another application's stack would lend its administrator.
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=[
                f"cloudformation:{verb}*"
                for verb in ("Cancel", "Continue", "Create", "Delete", "Execute", "Import", "Rollback", "Set", "Update")
            ],
            not_resources=[arn("cloudformation", f"stack/{stack}/*") for stack in STACKS],
        ),
    ]
