"""A deployment that waits for the cluster's verdict."""

from collections.abc import Sequence
from hashlib import sha256

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from slipway.cluster_reader import cluster_reader

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
        reader = cluster_reader(
            self,
            name="Rollout gate",
            handler="handler",
            description="Waits until a release has rolled out",
            goes_to="Kubernetes API, and where CloudFormation waits for answers",
            time_limit=self._limit.plus(_SPARE),
            vpc=vpc,
            cluster=cluster,
            namespace=namespace,
        )
        self._function, self.access = reader.function, reader.access

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
