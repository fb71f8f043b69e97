"""The nodes of an EKS Auto Mode cluster."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge_aws_policies

ARCHITECTURE = "arm64"
"""What images must be built for: Graviton costs a fifth less than x86 at the same speed."""

_DISK_GIB = 20  # images and logs of a dozen pods; EKS would take 80
_NAME = "arm64"
_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")


class NodePool(Construct):
    """On-demand arm64 nodes in the given subnets, which EKS makes, patches and removes as pods need them.

    Guarantees: nodes may pull images and do nothing else in AWS; they enforce network policies, and log what these
    refuse; the pool never outgrows `max_cpus`; at most one node at a time is taken away to save money or to renew it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        subnets: Sequence[ec2.ISubnet],
        instance_types: Sequence[str],
        max_cpus: int,
    ) -> None:
        """Define the nodes of `cluster`.

        Args:
            scope: the construct that they belong to.
            id_: the construct ID.
            cluster: an Auto Mode cluster without built-in node pools.
            subnets: one in each zone that nodes may be in.
            instance_types: what nodes may be, all arm64; the cheapest that fits the waiting pods is taken.
            max_cpus: vCPUs that all nodes together may have.
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
        manifest.node.add_dependency(access)  # a node without its access entry never joins


def _one_of(label: str, values: Sequence[str]) -> dict[str, object]:
    return {"key": label, "operator": "In", "values": list(values)}
