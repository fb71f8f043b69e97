"""Functions that look at one namespace of a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from slipway.function_role import function_role
from slipway.logs import owned_log_group

_CODE = Path(__file__).with_name("rollout_gate_handler")
"""What speaks to Kubernetes, and what these functions do with it."""


@dataclass(frozen=True, kw_only=True)
class ClusterReader:
    """A function in the VPC.

    Attributes:
        function: the function.
        access: what has to exist before it can reach the cluster.
    """

    function: lambda_.Function
    access: Sequence[IDependable]


def cluster_reader(
    scope: Construct,
    *,
    name: str,
    handler: str,
    description: str,
    goes_to: str,
    time_limit: Duration,
    vpc: ec2.IVpc,
    cluster: eks.ICluster,
    namespace: str,
) -> ClusterReader:
    """Make, in `scope`, a function that may read one namespace of a cluster, and change nothing.

    Args:
        scope: the construct that its parts belong to.
        name: what security groups call it.
        handler: module of the package `gate`, with a function `handle`.
        description: what it does.
        goes_to: what it calls over TLS.
        time_limit: how long one call may take.
        vpc: a VPC with private subnets, from which the cluster's API can be reached.
        cluster: the cluster.
        namespace: what it may look at.
    """
    group = ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description=name, allow_all_outbound=False)
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), goes_to)
    log_group = owned_log_group(scope, "Logs")
    role = function_role(scope, "Role", description=description, log_group=log_group, in_vpc=True)
    function = lambda_.Function(
        scope,
        "Function",
        description=description,
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        code=lambda_.Code.from_asset(str(_CODE), exclude=["**/__pycache__"]),
        handler=f"gate.{handler}.handle",
        timeout=time_limit,
        memory_size=256,
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[group],
        role=role,
        log_group=log_group,
    )
    entry = eks.AccessEntry(
        scope,
        "Access",
        cluster=cluster,
        principal=role.role_arn,
        access_policies=[
            eks.AccessPolicy.from_access_policy_name(
                "AmazonEKSViewPolicy", access_scope_type=eks.AccessScopeType.NAMESPACE, namespaces=[namespace]
            )
        ],
    )
    rule = ec2.CfnSecurityGroupIngress(
        scope,
        "ToApi",
        description=f"Kubernetes API from the {name.lower()}",
        group_id=cluster.cluster_security_group_id,
        source_security_group_id=group.security_group_id,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
    )
    return ClusterReader(function=function, access=[entry, rule])
