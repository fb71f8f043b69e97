"""What a deployment may do with the cluster, functions, and what is carried to hosts."""

from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, allow, arn, of_stacks, ours


def statements(name: str, qualifier: str) -> list[iam.PolicyStatement]:
    """Return the policy for a system called `name`, bootstrapped under the CDK's `qualifier`."""
    functions = of_stacks("lambda", "function:")
    documents = of_stacks("ssm", "document/")
    association = arn("ssm", "association/*")
    return [
        allow("eks", "CreateCluster", "*", conditions=HERE),  # knows no narrower resource
        allow(
            "eks",
            "AssociateAccessPolicy CreateAccessEntry CreateAddon CreatePodIdentityAssociation"
            " DeleteAccessEntry DeleteAddon DeleteCluster DeletePodIdentityAssociation DescribeAccessEntry"
            " DescribeAddon DescribeCluster DescribePodIdentityAssociation DescribeUpdate DisassociateAccessPolicy"
            " ListAssociatedAccessPolicies TagResource UntagResource UpdateAccessEntry UpdateAddon"
            " UpdateClusterConfig UpdateClusterVersion UpdatePodIdentityAssociation",
            arn("eks", f"cluster/{name}"),
            *(arn("eks", f"{kind}/{name}/*") for kind in ("access-entry", "addon", "podidentityassociation")),
        ),
        allow(
            "lambda",
            "AddPermission CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction"
            " GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetPolicy"
            " GetRuntimeManagementConfig InvokeFunction ListTags PublishVersion PutFunctionConcurrency"
            " PutFunctionRecursionConfig PutRuntimeManagementConfig RemovePermission TagResource UntagResource"
            " UpdateFunctionCode UpdateFunctionConfiguration",
            *functions,
        ),
        # CloudFormation names a layer after its logical ID alone.
        allow("lambda", "DeleteLayerVersion GetLayerVersion PublishLayerVersion", arn("lambda", "layer:*")),
        allow(
            "ssm",
            "AddTagsToResource CreateDocument DeleteDocument DescribeDocument GetDocument ListTagsForResource"
            " RemoveTagsFromResource UpdateDocument UpdateDocumentDefaultVersion",
            *documents,
        ),
        # A document runs as root. IAM looks at the host where an association names one by itself; where it names
        # targets, as ours do, State Manager asks for no leave: docs/security.md.
        allow(
            "ssm",
            "CreateAssociation DeleteAssociation DescribeAssociation UpdateAssociation",
            arn("ec2", "instance/*"),
            conditions=ours(name),
        ),
        allow(
            "ssm",
            "AddTagsToResource CreateAssociation DeleteAssociation DescribeAssociation ListTagsForResource"
            " RemoveTagsFromResource UpdateAssociation",
            association,
            *documents,
        ),
        allow("ssm", "ListAssociations", "*", conditions=HERE),  # knows no narrower resource
        allow(
            "ssm",
            "AddTagsToResource DeleteParameter GetParameters ListTagsForResource PutParameter RemoveTagsFromResource",
            arn("ssm", f"parameter/{name}/*"),
            arn("ssm", "parameter/CFN-*"),  # as CloudFormation names one that has no name
        ),
        allow(
            "ssm",
            "GetParameters",
            arn("ssm", f"parameter/cdk-bootstrap/{qualifier}/version"),
            arn("ssm", "parameter/aws/service/*", account="*"),  # public: Amazon's and Canonical's images
        ),
    ]
