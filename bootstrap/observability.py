"""What a deployment may do with logs, alarms, messages and its budget."""

from aws_cdk import aws_iam as iam

from bootstrap.arns import HERE, STACKS, allow, arn, of_stacks


def statements(name: str) -> list[iam.PolicyStatement]:
    """Return the policy for a system called `name`."""
    logs = [
        arn("logs", f"log-group:{group}*")
        for group in (
            *(f"{prefix}{stack}-" for prefix in ("", "/aws/lambda/") for stack in STACKS),
            f"/aws/rds/instance/{name}-",
            f"/aws/eks/{name}/",
            f"/{name}/",
        )
    ]
    dashboards = arn("cloudwatch", "dashboard/*", region="")
    return [
        allow(
            "logs",
            "CreateLogGroup DeleteLogGroup DeleteMetricFilter DeleteRetentionPolicy DescribeMetricFilters"
            " GetDataProtectionPolicy ListTagsForResource PutMetricFilter PutRetentionPolicy TagResource UntagResource",
            *logs,
        ),
        # Listing, and the deliveries of flow logs and of API Gateway's access logs, know no narrower resource.
        allow(
            "logs",
            "CreateLogDelivery DeleteLogDelivery DescribeIndexPolicies DescribeLogGroups DescribeResourcePolicies"
            " GetLogDelivery ListLogDeliveries PutResourcePolicy UpdateLogDelivery",
            "*",
            conditions=HERE,
        ),
        allow(
            "cloudwatch",
            "DeleteAlarms DeleteDashboards GetDashboard ListTagsForResource PutDashboard PutMetricAlarm TagResource"
            " UntagResource",
            *of_stacks("cloudwatch", "alarm:"),
            dashboards,
        ),
        # CloudFormation asks without a name, and CloudWatch takes no narrower permission for composite alarms.
        allow("cloudwatch", "DescribeAlarms PutCompositeAlarm", "*", conditions=HERE),
        allow(
            "sns",
            "CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes GetTopicAttributes"
            " ListSubscriptionsByTopic ListTagsForResource SetSubscriptionAttributes SetTopicAttributes Subscribe"
            " TagResource UntagResource Unsubscribe",
            *of_stacks("sns", ""),
        ),
        allow(
            "events",
            "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets"
            " TagResource UntagResource",
            *of_stacks("events", "rule/"),
        ),
        # Both are the whole account's and know no region.
        allow(
            "budgets",
            "ListTagsForResource ModifyBudget TagResource UntagResource ViewBudget",
            arn("budgets", f"budget/{name}-*", region=""),
        ),
        allow("billing", "GetBillingViewData", arn("billing", "billingview/primary", region="")),
    ]
