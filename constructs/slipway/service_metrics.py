"""Figures of each service, out of its access log."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

NAMESPACE = "Slipway/Services"
"""CloudWatch's namespace for the figures of services."""

_SERVICE = "Service"


class ServiceMetrics(Construct):
    """Metrics of each service's requests: how long they took, and how many ended in an error of the server.

    The log has a line of JSON for each request: `service` and `status`, and `seconds` from its arrival to its end.

    Guarantees: two metrics for each of `services` and no more, whatever else the log holds: each is paid for.
    """

    def __init__(self, scope: Construct, id_: str, *, log_group: logs.ILogGroup, services: Sequence[str]) -> None:
        """Define the metrics of `services`, as they call themselves in `log_group`."""
        super().__init__(scope, id_)
        self._services = services
        ours = " || ".join(f'$.service = "{service}"' for service in services)
        for name, condition, value, unit in (
            ("Seconds", "$.seconds >= 0", "$.seconds", cloudwatch.Unit.SECONDS),
            ("Errors", "$.status >= 500", "1", cloudwatch.Unit.COUNT),
        ):
            logs.MetricFilter(
                self,
                name,
                log_group=log_group,
                filter_pattern=logs.FilterPattern.literal(f"{{ ({ours}) && {condition} }}"),
                metric_namespace=NAMESPACE,
                metric_name=name,
                metric_value=value,
                unit=unit,
                dimensions={_SERVICE: "$.service"},
            )

    def requests(self) -> list[cloudwatch.IMetric]:
        """Return how many requests each service has answered."""
        return self._each("Seconds", cloudwatch.Stats.SAMPLE_COUNT)

    def errors(self) -> list[cloudwatch.IMetric]:
        """Return how many of them ended in an error of the server."""
        return self._each("Errors", cloudwatch.Stats.SUM)

    def latency(self, statistic: str) -> list[cloudwatch.IMetric]:
        """Return a statistic, such as `p99`, of the seconds that they took."""
        return self._each("Seconds", statistic)

    def _each(self, name: str, statistic: str) -> list[cloudwatch.IMetric]:
        return [
            cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=name,
                dimensions_map={_SERVICE: service},
                statistic=statistic,
                period=Duration.minutes(1),
                label=service,
            )
            for service in self._services
        ]
