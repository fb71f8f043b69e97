"""A Kubernetes cluster on EKS Auto Mode."""

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import CfnResource, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from constructs import Construct, IDependable

from slipway.acknowledge import acknowledge_aws_policies
from slipway.kubectl_function import narrow_kubectl
from slipway.logs import bound_retention, owned_log_group
from slipway.node_pool import NodePool
from slipway.trust import for_this_account

SERVICE_CIDR = "172.20.0.0/16"
"""The range of Services' addresses; fixed, because the resolver's address follows from it."""

RESOLVER = "172.20.0.10"
"""Where pods find the cluster's DNS: EKS puts it at the tenth address of `SERVICE_CIDR`."""

_LOGS = (
    eks.ClusterLoggingTypes.API,
    eks.ClusterLoggingTypes.AUDIT,
    eks.ClusterLoggingTypes.AUTHENTICATOR,
    eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
    eks.ClusterLoggingTypes.SCHEDULER,
)
_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)


class PrivateCluster(Construct):
    """An EKS Auto Mode cluster whose API only the VPC, and the CIDRs that are listed, can reach.

    Guarantees: all five control-plane logs, in a group that goes with the stack; Kubernetes secrets encrypted with a
    key of the cluster's own; nobody is an administrator by having made it, only `admins` and the function that
    applies manifests; arm64 nodes over all the zones of the private subnets, which enforce network policies;
    metrics-server, without which nothing scales by load; at the end of its version's standard support it is upgraded,
    and never kept at six times the price.

    Attributes:
        cluster: the EKS cluster.
        nodes: what pods run on; an add-on counts as installed when its pods run.
        resolver: address of its DNS service.
    """

    resolver = RESOLVER

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        name: str,
        version: str,
        public_cidrs: Sequence[str],
        admins: Sequence[str],
        node_types: Sequence[str],
        max_cpus: int,
        node_tags: Mapping[str, str],
    ) -> None:
        """Define the cluster.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: a VPC with private subnets.
            name: its name in EKS; fixed, because its log group is named after it.
            version: Kubernetes' version, one minor at most from kubectl's, 1.36.
            public_cidrs: IPv4 ranges that may reach the API from outside the VPC; none keeps it private.
            admins: ARNs of the roles that administer it with kubectl.
            node_types: instance types that nodes may have, all arm64; the cheapest that fits is taken.
            max_cpus: vCPUs that all nodes together may have.
            node_tags: tags of the nodes, their disks and network interfaces, which EKS makes and no stack knows.
        """
        super().__init__(scope, id_)
        log_group = owned_log_group(self, "Logs", name=f"/aws/eks/{name}/cluster")
        private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        kubectl_group = ec2.SecurityGroup(
            self,
            "KubectlSecurityGroup",
            vpc=vpc,
            description=f"Applies manifests to cluster {name}",
            allow_all_outbound=False,
        )
        kubectl_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Kubernetes and AWS APIs")
        cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=name,
            version=eks.KubernetesVersion.of(version),
            vpc=vpc,
            vpc_subnets=[private],
            # EKS adds a group of its own, which allows what is needed; the CDK's would let everything out.
            security_group=ec2.SecurityGroup(
                self,
                "ControlPlaneSecurityGroup",
                vpc=vpc,
                description=f"Control plane of cluster {name}",
                allow_all_outbound=False,
            ),
            endpoint_access=(
                eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*public_cidrs)
                if public_cidrs
                else eks.EndpointAccess.PRIVATE
            ),
            service_ipv4_cidr=SERVICE_CIDR,
            cluster_logging=list(_LOGS),
            secrets_encryption_key=kms.Key(
                self,
                "Key",
                description=f"Secrets of cluster {name}",
                enable_key_rotation=True,
                removal_policy=RemovalPolicy.DESTROY,
            ),
            bootstrap_cluster_creator_admin_permissions=False,
            # Auto Mode brings its own networking; EKS refuses the self-managed add-ons beside it.
            bootstrap_self_managed_addons=False,
            # The built-in pools would bring amd64 nodes; NodePool makes the node class that is then missing, too.
            compute=eks.ComputeConfig(node_pools=[]),
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=KubectlV36Layer(self, "Kubectl"),
                # Its own group: in the cluster's it would be let in wherever pods are, the database included.
                security_groups=[kubectl_group],
                removal_policy=RemovalPolicy.DESTROY,
            ),
            prune=False,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # jsii leaves one of ICluster's members out of Cluster, which mypy takes for another type.
        self.cluster = cast(eks.ICluster, cluster)
        cluster.node.add_dependency(log_group)
        resource = cast(CfnResource, cluster.node.default_child)
        resource.add_property_override("UpgradePolicy", {"SupportType": "STANDARD"})  # the construct has no setting
        bound_retention(cluster)
        narrow_kubectl(cluster)
        _bound_role(cluster.role)
        # Every manifest waits for the CDK's barrier, and so for this rule.
        cluster.node.find_child("KubectlReadyBarrier").node.add_dependency(self._admit(kubectl_group))
        for number, arn in enumerate(admins, start=1):
            self._add_administrator(f"Administrator{number}", arn)
        self.nodes: IDependable = NodePool(
            self,
            "Nodes",
            cluster=self.cluster,
            cluster_role=cluster.role,
            subnets=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnets,
            instance_types=node_types,
            max_cpus=max_cpus,
            tags=node_tags,
        )
        # The version is EKS's default for the cluster's version: a pinned one would block the next upgrade.
        metrics = eks.Addon(self, "MetricsServer", cluster=self.cluster, addon_name="metrics-server")
        metrics.node.add_dependency(self.nodes)

    def _admit(self, kubectl: ec2.SecurityGroup) -> ec2.CfnSecurityGroupIngress:
        return ec2.CfnSecurityGroupIngress(
            self,
            "KubectlToApi",
            description="Kubernetes API from the function that applies manifests",
            group_id=self.cluster.cluster_security_group_id,
            source_security_group_id=kubectl.security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )

    def _add_administrator(self, id_: str, arn: str) -> None:
        eks.AccessEntry(
            self,
            id_,
            cluster=self.cluster,
            principal=arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                )
            ],
        )


def _bound_role(role: iam.IRole) -> None:
    """Let EKS take the cluster's role on for this account alone."""
    resource = cast(CfnResource, role.node.default_child)
    resource.add_property_override("AssumeRolePolicyDocument.Statement.0.Condition", for_this_account(role))
    acknowledge_aws_policies(
        role,
        *_POLICIES,
        reason="what EKS wants of Auto Mode's role, kept by AWS: it changes with what Auto Mode does",
    )
