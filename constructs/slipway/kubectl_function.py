"""The functions by which CloudFormation applies manifests to a cluster; the CDK makes them."""

from aws_cdk import Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from slipway.acknowledge import acknowledge, acknowledge_aws_policies

_POLICY = "service-role/AWSLambdaVPCAccessExecutionRole"


def narrow_kubectl(cluster: eks.Cluster) -> None:
    """Take from the functions what only Helm charts need: leave to read every image repository, public ones too.

    Their log groups, which the CDK makes under its flag `useCdkManagedLogGroup`, outlive the last manifest: a function
    that still runs would make its group anew, and for ever.

    Raises:
        TypeError: the CDK has changed how it makes these functions.
    """
    provider = cluster.node.find_child("KubectlProvider")
    handler = provider.node.find_child("Handler")
    framework = provider.node.find_child("Provider").node.find_child("framework-onEvent")
    barrier = cluster.node.find_child("KubectlReadyBarrier")  # every manifest waits for it
    for function in (handler, framework):
        _leave_logs_and_network(function.node.find_child("ServiceRole"))
        if log_group := function.node.try_find_child("LogGroup"):
            barrier.node.add_dependency(log_group)
    if not handler.node.try_remove_child("HasEcrPublic"):  # the condition of what was taken
        raise TypeError(f"{handler.node.path} is not the function that it was")
    acknowledge(handler, "L1", reason="the CDK chooses the runtime that it tests its function with")
    resource = handler.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        raise TypeError(f"{handler.node.path} is not a function")
    acknowledge(
        framework,
        f"IAM5[Resource::<{Stack.of(cluster).get_logical_id(resource)}.Arn>:*]",
        reason="the versions of the one function that it calls",
    )


def _leave_logs_and_network(role: IConstruct) -> None:
    resource = role.node.default_child
    if not isinstance(resource, iam.CfnRole):
        raise TypeError(f"{role.node.path} is not the role that it was")
    resource.managed_policy_arns = [iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY).managed_policy_arn]
    acknowledge_aws_policies(
        role,
        _POLICY,
        reason="what Lambda wants of a function in a VPC, kept by AWS: to log, and to make its network interface",
    )
