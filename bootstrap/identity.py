"""What a deployment may do with identities, keys and secrets."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, allow, arn, iam_arn, of_stacks, ours

SERVICES = (
    "dlm.amazonaws.com",
    "ec2.amazonaws.com",
    "eks.amazonaws.com",
    "lambda.amazonaws.com",
    "pods.eks.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""Whom the stacks' roles may be handed to."""

_LINKED = (
    "eks.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "events.amazonaws.com",  # which recovers a host for CloudWatch's alarm
    "ops.apigateway.amazonaws.com",
    "rds.amazonaws.com",
    "ssm.amazonaws.com",
)
_KEYS_BY_SERVICE = ("ec2", "ecr", "lambda", "rds", "secretsmanager")


def statements(name: str, boundary: str) -> list[iam.PolicyStatement]:
    """Return the policy for a system called `name` whose roles stay within the policy `boundary`."""
    roles = of_stacks("iam", "role/")
    return [
        # Whoever may write a role's policies may give it anything: so only with the boundary, which IAM checks at each
        # of these calls, and which nothing here allows to be taken off.
        allow(
            "iam",
            "CreateRole PutRolePolicy DeleteRolePolicy AttachRolePolicy DetachRolePolicy PutRolePermissionsBoundary",
            *roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": boundary}},
        ),
        allow(
            "iam",
            "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListRoleTags TagRole UntagRole"
            " UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole",
            *roles,
        ),
        allow("iam", "PassRole", *roles, conditions={"StringEquals": {"iam:PassedToService": list(SERVICES)}}),
        allow(
            "iam",
            "CreateInstanceProfile GetInstanceProfile TagInstanceProfile DeleteInstanceProfile"
            " AddRoleToInstanceProfile RemoveRoleFromInstanceProfile",
            *of_stacks("iam", "instance-profile/"),
            iam_arn("instance-profile/eks*"),  # EKS Auto Mode's, which it makes under that name
        ),
        allow(
            "iam",
            "CreateServiceLinkedRole",
            iam_arn("role/aws-service-role/*"),
            conditions={"StringEquals": {"iam:AWSServiceName": list(_LINKED)}},
        ),
        allow("iam", "ListRoles", "*"),  # RDS looks for its own role so; the list knows no narrower resource
        # A new key has no ARN yet. Its tags come with it; all that can harm a key asks for them.
        allow("kms", "CreateKey", "*", conditions=HERE),
        allow(
            "kms",
            "CreateGrant Decrypt DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt"
            " GenerateDataKey GenerateDataKeyWithoutPlaintext GetKeyPolicy GetKeyRotationStatus ListResourceTags"
            " PutKeyPolicy RetireGrant ScheduleKeyDeletion UntagResource UpdateKeyDescription",
            arn("kms", "key/*"),
            conditions=ours(name),
        ),
        allow(
            "kms",
            "TagResource",
            arn("kms", "key/*"),
            conditions={"StringEquals": {"aws:RequestTag/system": name}},
        ),
        allow(
            "kms",
            "CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext",
            arn("kms", "key/*"),
            conditions={
                "StringEquals": {
                    "kms:ViaService": [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in _KEYS_BY_SERVICE]
                }
            },
        ),
        allow("secretsmanager", "CreateSecret", arn("secretsmanager", "secret:*")),
        # RDS makes the masters' secrets in the deployment's name, with tags of its own.
        allow("secretsmanager", "TagResource", arn("secretsmanager", "secret:rds!*")),
        allow(
            "secretsmanager",
            "TagResource",
            arn("secretsmanager", "secret:*"),
            conditions={"StringEquals": {"aws:RequestTag/system": name}},
        ),
        allow(
            "secretsmanager",
            "DeleteSecret DescribeSecret GetSecretValue UntagResource UpdateSecret",
            arn("secretsmanager", "secret:*"),
            conditions=ours(name),
        ),
        allow("secretsmanager", "GetRandomPassword", "*", conditions=HERE),  # concerns no secret yet
    ]
