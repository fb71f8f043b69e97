"""How many pods serve, asked of the cluster every minute."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from slipway.alarm_topic import AlarmTopic
from slipway.cluster_reader import cluster_reader

NAMESPACE = "Slipway/Pods"
"""CloudWatch's namespace for the pods that are wanted, and those of them that do not serve."""

_MINUTE = Duration.minutes(1)


class PodWatch(Construct):
    """Two metrics of all Deployments together, and an alarm on pods that do not come to life.

    Guarantees: it may read one namespace, and change nothing; its log says which pods do not serve, and why; a cluster
    that does not answer is as bad as pods that do not serve.

    Attributes:
        missing: pods that were wanted and did not serve for all of five minutes.
        wanted: pods that were wanted for all of five minutes.
        alarm: begins when pods have been missing for ten.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        cluster: eks.ICluster,
        namespace: str,
        deployments: Sequence[str],
        alarms: AlarmTopic,
    ) -> None:
        """Define the watch.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: a VPC with private subnets, from which the cluster's API can be reached.
            cluster: the cluster.
            namespace: where the Deployments are.
            deployments: their names.
            alarms: told of pods that have not served for ten minutes.
        """
        super().__init__(scope, id_)
        self.missing, self.wanted = _metric("Missing"), _metric("Wanted")
        reader = cluster_reader(
            self,
            name="Pod watch",
            handler="watch",
            description="Counts pods that do not serve",
            goes_to="Kubernetes API",
            time_limit=_MINUTE,
            vpc=vpc,
            cluster=cluster,
            namespace=namespace,
        )
        question = {
            "Cluster": cluster.cluster_name,
            "Endpoint": cluster.cluster_endpoint,
            "Authority": cluster.cluster_certificate_authority_data,
            "Namespace": namespace,
            "Deployments": list(deployments),
            "Metrics": NAMESPACE,
        }
        every_minute = events.Rule(
            self,
            "EveryMinute",
            description="Has the pods counted",
            schedule=events.Schedule.rate(_MINUTE),
            targets=[targets.LambdaFunction(reader.function, event=events.RuleTargetInput.from_object(question))],
        )
        every_minute.node.add_dependency(*reader.access)
        self.alarm = alarms.watch(
            self,
            "PodsNotReady",
            metric=self.missing,
            threshold=1,
            periods=2,
            missing=cloudwatch.TreatMissingData.BREACHING,
            says="For ten minutes there was no moment at which all pods served",
            section="pods-not-ready",
        )


def _metric(name: str) -> cloudwatch.Metric:
    """Return the least of five minutes: a pod that is missing for one of them is being replaced."""
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=name, statistic=cloudwatch.Stats.MINIMUM, period=Duration.minutes(5)
    )
