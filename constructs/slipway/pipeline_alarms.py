"""Alarms on the pipeline."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway import pipeline_metrics
from slipway.alarm_topic import AlarmTopic
from slipway.build_host import BuildHost


class PipelineAlarms(Construct):
    """Alarms on builds of the main branch that fail, and on builds that wait.

    Guarantees: a failed build is told until one passes; a Jenkins that says nothing is as bad as a queue; `host` may
    write the pipeline's metrics, and others beside its own not.
    """

    def __init__(self, scope: Construct, id_: str, *, host: BuildHost, alarms: AlarmTopic) -> None:
        """Define the alarms on what Jenkins' `host` tells; `alarms` is told."""
        super().__init__(scope, id_)
        host.role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": pipeline_metrics.NAMESPACE}},
            )
        )
        alarms.watch(
            self,
            "Failed",
            metric=pipeline_metrics.failed_builds(),
            threshold=1,
            missing=cloudwatch.TreatMissingData.IGNORE,  # until the next build says otherwise
            says="The last build of main has failed: what is pushed now does not reach users",
            section="failed-build",
        )
        alarms.watch(
            self,
            "Waiting",
            metric=pipeline_metrics.waiting_builds(),
            threshold=1,
            periods=12,
            missing=cloudwatch.TreatMissingData.BREACHING,
            says="Builds have waited for an hour, or Jenkins does not answer",
            section="waiting-builds",
        )
