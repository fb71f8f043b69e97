"""A deployment that waits for the cluster's verdict."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from slipway.function_role import function_role
from slipway.logs import owned_log_group

_HANDLER = Path(__file__).with_name("rollout_gate_handler")
_SPARE = Duration.minutes(1)
"""What the function has left, after it has waited, to tell CloudFormation."""


class RolloutGate(Construct):
    """Has CloudFormation wait until Jobs have succeeded and Deployments are rolled out, or fail and say why.

    CloudFormation takes a manifest for deployed when the cluster has accepted it, whatever becomes of its pods. With
    a gate, a release whose pods do not come to life fails, and CloudFormation puts the previous one back.

    Guarantees: it may read one namespace, and change nothing; it answers within `time_limit` and a minute; it is asked
    again only for another release; deleting it does nothing, so that a roll-back does not depend on it.

    Attributes:
        access: has to exist before the gate is asked.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        cluster: eks.ICluster,
        namespace: str,
        time_limit: Duration | None = None,
    ) -> None:
        """Define the gate.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: a VPC with private subnets, from which the cluster's API can be reached.
            cluster: the cluster.
            namespace: what it may look at.
            time_limit: how long one wait may take: 1 to 14 minutes, for a function lives for 15; 10 by default.
        """
        super().__init__(scope, id_)
        self._cluster, self._namespace = cluster, namespace
        self._limit = time_limit or Duration.minutes(10)
        group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Rollout gate", allow_all_outbound=False)
        group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Kubernetes API, and where CloudFormation waits for answers"
        )
        description = "Waits until a release has rolled out"
        log_group = owned_log_group(self, "Logs")
        role = function_role(self, "Role", description=description, log_group=log_group, in_vpc=True)
        self._function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(_HANDLER), exclude=["**/__pycache__"]),
            handler="gate.handler.handle",
            timeout=self._limit.plus(_SPARE),
            memory_size=256,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[group],
            role=role,
            log_group=log_group,
        )
        entry = eks.AccessEntry(
            self,
            "Access",
            cluster=cluster,
            principal=role.role_arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSViewPolicy",
                    access_scope_type=eks.AccessScopeType.NAMESPACE,
                    namespaces=[namespace],
                )
            ],
        )
        rule = ec2.CfnSecurityGroupIngress(
            self,
            "GateToApi",
            description="Kubernetes API from the rollout gate",
            group_id=cluster.cluster_security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )
        self.access = [entry, rule]

    def wait(
        self, id_: str, *, release: str, jobs: Sequence[str] = (), deployments: Sequence[str] = (), fewest: int = 1
    ) -> CustomResource:
        """Wait for `jobs` and `deployments`.

        Args:
            id_: construct ID; with the hash of `release` behind it, so that each release is waited for once.
            release: all that the release consists of, as text.
            jobs: names of Jobs that must succeed.
            deployments: names of Deployments that must run on their newest revision.
            fewest: pods that each Deployment must have.
        """
        resource = CustomResource(
            self,
            f"{id_}-{sha256(release.encode()).hexdigest()[:10]}",
            resource_type="Custom::RolloutGate",
            service_token=self._function.function_arn,
            service_timeout=self._limit.plus(_SPARE).plus(_SPARE),
            properties={
                "Cluster": self._cluster.cluster_name,
                "Endpoint": self._cluster.cluster_endpoint,
                "Authority": self._cluster.cluster_certificate_authority_data,
                "Namespace": self._namespace,
                "Jobs": list(jobs),
                "Deployments": list(deployments),
                "Fewest": fewest,
                "Seconds": self._limit.to_seconds(),
            },
        )
        resource.node.add_dependency(*self.access)
        return resource
