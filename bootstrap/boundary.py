"""What the roles that a deployment makes can do at most, whatever their own policies say.

A boundary grants nothing: a role may do what its policies and the boundary both allow. It holds what the roles of the
stacks need of AWS, service by service, and leaves out what would lead beyond them: making or changing identities,
handing over roles of others, running code in others' functions, sending commands to others' hosts.
"""

from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, allow, arn, iam_arn, of_stacks


def statements(qualifier: str) -> list[iam.PolicyStatement]:
    """Return the boundary of a system that is bootstrapped under the CDK's `qualifier`."""
    roles = of_stacks("iam", "role/")
    return [
        iam.PolicyStatement(
            # Each `*` is a ceiling and no grant; the services in full are those whose every action concerns the data
            # and networks of this region alone.
            actions=[
                *("ec2:*", "ecr:*", "elasticloadbalancing:*", "logs:*", "cloudwatch:*", "s3:*"),
                *("autoscaling:Describe*", "autoscaling:UpdateAutoScalingGroup"),
                *("acm:Describe*", "acm:List*", "cognito-idp:DescribeUserPoolClient"),
                *("ec2messages:*", "ssmmessages:*"),
                *("eks:Describe*", "eks:List*", "eks-auth:AssumeRoleForPodIdentity"),
                *("events:*Rule", "events:ListTargetsByRule", "events:*Targets"),
                *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"),
                *("rds:Describe*", "sns:Publish"),
                *("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
                *("ssm:Describe*", "ssm:Get*", "ssm:List*", "ssm:Put*", "ssm:UpdateAssociationStatus"),
                *("ssm:UpdateInstance*", "wafv2:*WebACL*"),
            ],
            resources=["*"],
            conditions=HERE,
        ),
        # A login to a database is no call of AWS's API, and may come without the region that is asked for above.
        allow("rds-db", "connect", arn("rds-db", "dbuser:*/*")),
        allow("lambda", "GetFunction InvokeFunction", *of_stacks("lambda", "function:")),
        # The cluster hands its nodes their role; EKS makes the profile that carries it.
        allow("iam", "PassRole", *roles, conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        allow("iam", "AddRoleToInstanceProfile", iam_arn("instance-profile/eks*")),
        allow("iam", "CreateServiceLinkedRole", iam_arn("role/aws-service-role/*")),
        # The pipeline's way to a deployment, whose execution role is bound in its turn.
        allow(
            "sts",
            "AssumeRole",
            *(
                iam_arn(f"role/cdk-{qualifier}-{role}-role-${{AWS::AccountId}}-${{AWS::Region}}")
                for role in ("deploy", "file-publishing")
            ),
        ),
    ]
