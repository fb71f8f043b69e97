"""What the pipeline tells of itself; the Jenkins host puts it into CloudWatch (`ci/tell_metric.py`, `ansible/`)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "Slipway/Pipeline"
"""CloudWatch's namespace for it; the only one, beside the hosts' own, that the Jenkins host may write to."""


def failed_builds() -> cloudwatch.Metric:
    """Return 1 for each build of the main branch that failed, 0 for each that did not."""
    return _metric("FailedBuilds", cloudwatch.Stats.MAXIMUM)


def waiting_builds() -> cloudwatch.Metric:
    """Return how many builds, or steps of builds, have waited for an executor for all of five minutes."""
    return _metric("WaitingBuilds", cloudwatch.Stats.MINIMUM)


def releases() -> cloudwatch.Metric:
    """Return 1 for each release that users were seen to get."""
    return _metric("Releases", cloudwatch.Stats.SUM)


def _metric(name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=name, statistic=statistic, period=Duration.minutes(5), label=name
    )
