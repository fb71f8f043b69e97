"""ClusterStack: Kubernetes."""

from aws_cdk import Stack
from constructs import Construct

from cdk_app.network_stack import NetworkStack
from cdk_app.settings import Settings
from cdk_app.tags import tags_of
from slipway import PodLogs, PrivateCluster


class ClusterStack(Stack):
    """The EKS cluster.

    Attributes:
        cluster: the cluster.
        pod_logs: what its pods write.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, network: NetworkStack) -> None:
        """Define the cluster in `network`."""
        super().__init__(scope, id_, description="Slipway: the Kubernetes cluster")
        self.cluster = PrivateCluster(
            self,
            "Cluster",
            vpc=network.vpc,
            name=settings.name,
            version=settings.cluster.version,
            public_cidrs=[str(cidr) for cidr in settings.cluster.public_cidrs],
            admins=settings.cluster.admins,
            node_types=settings.cluster.node_types,
            max_cpus=settings.cluster.max_cpus,
            node_tags=tags_of(self, settings),
        )
        self.pod_logs = PodLogs(self, "PodLogs", cluster=self.cluster.cluster, name=f"/{settings.name}/pods")
        self.pod_logs.node.add_dependency(self.cluster.nodes)
