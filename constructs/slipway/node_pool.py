"""The nodes of an EKS Auto Mode cluster."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge, acknowledge_aws_policies

ARCHITECTURE = "arm64"
"""What images must be built for: Graviton costs a fifth less than x86 at the same speed."""

_DISK_GIB = 20  # images and logs of a dozen pods; EKS would take 80
_NAME = "arm64"
_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")


class NodePool(Construct):
    """On-demand arm64 nodes in the given subnets, which EKS makes, patches and removes as pods need them.

    Guarantees: nodes may pull images and do nothing else in AWS; they and what they are made of bear `tags`; they
    enforce network policies, and log what these refuse; the pool never outgrows `max_cpus`; at most one node at a time
    is taken away to save money or to renew it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        cluster_role: iam.IRole,
        subnets: Sequence[ec2.ISubnet],
        instance_types: Sequence[str],
        max_cpus: int,
        tags: Mapping[str, str],
    ) -> None:
        """Define the nodes of `cluster`.

        Args:
            scope: the construct that they belong to.
            id_: the construct ID.
            cluster: an Auto Mode cluster without built-in node pools.
            cluster_role: the role under which EKS makes the nodes.
            subnets: one in each zone that nodes may be in.
            instance_types: what nodes may be, all arm64; the cheapest that fits the waiting pods is taken.
            max_cpus: vCPUs that all nodes together may have.
            tags: of the nodes, their disks and their network interfaces.
        """
        super().__init__(scope, id_)
        role = iam.Role(
            self,
            "Role",
            description="Nodes of the cluster",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in _POLICIES],
        )
        acknowledge_aws_policies(
            role,
            *_POLICIES,
            reason="what EKS wants of a node's role, kept by AWS: to report to EKS, and to pull this account's images",
        )
        access = eks.AccessEntry(
            self,
            "Access",
            cluster=cluster,
            principal=role.role_arn,
            access_entry_type=eks.AccessEntryType.EC2,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSAutoNodePolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                )
            ],
        )
        manifest = eks.KubernetesManifest(
            self,
            "Manifest",
            cluster=cluster,
            manifest=[
                # Without it, and without `networkPolicy` below, policies are taken and silently not enforced.
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"},
                    "data": {"enable-network-policy-controller": "true"},
                },
                {
                    "apiVersion": "eks.amazonaws.com/v1",
                    "kind": "NodeClass",
                    "metadata": {"name": _NAME},
                    "spec": {
                        "role": role.role_name,
                        "subnetSelectorTerms": [{"id": subnet.subnet_id} for subnet in subnets],
                        "securityGroupSelectorTerms": [{"id": cluster.cluster_security_group_id}],
                        "networkPolicy": "DefaultAllow",  # namespaces that want more deny by a policy of their own
                        "networkPolicyEventLogs": "Enabled",
                        "ephemeralStorage": {"size": f"{_DISK_GIB}Gi"},
                        "tags": dict(tags),
                    },
                },
                {
                    "apiVersion": "karpenter.sh/v1",
                    "kind": "NodePool",
                    "metadata": {"name": _NAME},
                    "spec": {
                        "template": {
                            "spec": {
                                "nodeClassRef": {
                                    "group": "eks.amazonaws.com",
                                    "kind": "NodeClass",
                                    "name": _NAME,
                                },
                                "requirements": [
                                    _one_of("kubernetes.io/arch", [ARCHITECTURE]),
                                    _one_of("karpenter.sh/capacity-type", ["on-demand"]),
                                    _one_of("node.kubernetes.io/instance-type", instance_types),
                                ],
                            }
                        },
                        "limits": {"cpu": str(max_cpus)},
                        "disruption": {
                            "consolidationPolicy": "WhenEmptyOrUnderutilized",
                            "consolidateAfter": "5m",
                            "budgets": [{"nodes": "1"}],
                        },
                    },
                },
            ],
            overwrite=True,
            prune=False,
        )
        # A node without its access entry never joins, and one with tags is not made without leave to tag.
        manifest.node.add_dependency(access, _let_tag(cluster_role))


def _let_tag(role: iam.IRole) -> iam.IRole:
    """Let EKS give nodes and their network interfaces tags of ours, as its own policies do not; and return the role.

    The conditions are those of EKS' documentation: only what bears the cluster's own name, too.
    """
    cluster = {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}
    for actions, kinds in (
        (("ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"), ("node-class", "node-pool")),
        (("ec2:CreateNetworkInterface",), ("cni-node",)),
    ):
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=["*"],
                conditions={
                    "StringEquals": cluster,
                    "StringLike": {f"aws:RequestTag/eks:kubernetes-{kind}-name": "*" for kind in kinds},
                },
            )
        )
    acknowledge(
        role, "IAM5[Resource::*]", reason="what is made has no name yet; the tags that it is made with limit it"
    )
    return role


def _one_of(label: str, values: Sequence[str]) -> dict[str, object]:
    return {"key": label, "operator": "In", "values": list(values)}
