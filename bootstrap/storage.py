"""What a deployment may do with databases, images, snapshots and buckets."""

from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, STACKS, allow, arn


def statements(name: str, qualifier: str) -> list[iam.PolicyStatement]:
    """Return the policy for a system called `name`, bootstrapped under the CDK's `qualifier`."""
    database = arn("rds", f"db:{name}-*")
    # Named by CloudFormation in small letters, or by RDS; what is in use RDS does not delete.
    settings = [arn("rds", f"{kind}:*") for kind in ("og", "pg", "subgrp")]
    assets = f"cdk-{qualifier}-assets-${{AWS::AccountId}}-${{AWS::Region}}"
    return [
        allow("rds", "Describe*", "*", conditions=HERE),  # CloudFormation asks for lists
        allow(
            "rds",
            "AddTagsToResource CreateDBInstance CreateDBParameterGroup CreateDBSubnetGroup DeleteDBParameterGroup"
            " DeleteDBSubnetGroup ListTagsForResource ModifyDBInstance ModifyDBParameterGroup ModifyDBSubnetGroup"
            " RebootDBInstance RemoveTagsFromResource ResetDBParameterGroup RestoreDBInstanceFromDBSnapshot"
            " RestoreDBInstanceToPointInTime",
            database,
            *settings,
        ),
        allow("rds", "DeleteDBInstance", database),
        # The last snapshot, which CloudFormation takes; deleting one is nothing that a deployment does.
        allow("rds", "AddTagsToResource CreateDBSnapshot", database, arn("rds", "snapshot:*")),
        allow(
            "rds",
            "RestoreDBInstanceFromDBSnapshot",
            arn("rds", "snapshot:*"),  # one that is named after the stack, the system or the day
        ),
        allow(
            "ecr",
            "CreateRepository DeleteLifecyclePolicy DeleteRepository DeleteRepositoryPolicy DescribeRepositories"
            " GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource PutImageScanningConfiguration"
            " PutImageTagMutability PutLifecyclePolicy SetRepositoryPolicy TagResource UntagResource",
            arn("ecr", f"repository/{name}/*"),
        ),
        allow(
            "dlm",
            "DeleteLifecyclePolicy GetLifecyclePolicy TagResource UntagResource UpdateLifecyclePolicy",
            arn("dlm", "policy/*"),
        ),
        allow("dlm", "CreateLifecyclePolicy", "*", conditions=HERE),  # has no ARN yet
        allow(
            "s3",
            "GetObject GetObjectVersion",
            _bucket(f"{assets}/*"),
        ),
        # The stacks' buckets, which CloudFormation names in small letters: their settings, not what is in them.
        allow(
            "s3",
            "CreateBucket DeleteBucket DeleteBucketPolicy GetBucket* Get*Configuration"
            " ListBucket ListTagsForResource PutBucket* PutEncryptionConfiguration"
            " PutLifecycleConfiguration TagResource UntagResource",
            *(_bucket(f"{stack.lower()}-*") for stack in STACKS),
        ),
    ]


def _bucket(name: str) -> str:
    return arn("s3", name, region="", account="")
