"""What the load balancer tells of users' requests."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

_MINUTE = Duration.minutes(1)
_PERCENT = "percent"


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """The metrics of one load balancer with one target group; AWS counts them, and asks nothing for it.

    Attributes:
        load_balancer: the Application Load Balancer.
        target_group: its targets.
    """

    load_balancer: elb.ApplicationLoadBalancer
    target_group: elb.ApplicationTargetGroup

    def requests(self, period: Duration = _MINUTE) -> cloudwatch.Metric:
        """Return how many requests targets were given."""
        return self.load_balancer.metrics.request_count(period=period, label="requests")

    def refused(self) -> cloudwatch.Metric:
        """Return how many requests targets answered with 4xx."""
        return self.load_balancer.metrics.http_code_target(
            elb.HttpCodeTarget.TARGET_4XX_COUNT, period=_MINUTE, label="4xx"
        )

    def errors(self, period: Duration = _MINUTE) -> cloudwatch.Metric:
        """Return how many requests targets answered with 5xx."""
        return self.load_balancer.metrics.http_code_target(
            elb.HttpCodeTarget.TARGET_5XX_COUNT, period=period, label="5xx of the pods"
        )

    def unanswered(self, period: Duration = _MINUTE) -> cloudwatch.Metric:
        """Return how many requests the load balancer itself answered with 5xx: no target could, or did in time."""
        return self.load_balancer.metrics.http_code_elb(
            elb.HttpCodeElb.ELB_5XX_COUNT, period=period, label="5xx of the load balancer"
        )

    def latency(self, statistic: str, period: Duration = _MINUTE) -> cloudwatch.Metric:
        """Return a statistic, such as `p99`, of the seconds until a target began to answer."""
        return self.load_balancer.metrics.target_response_time(statistic=statistic, period=period, label=statistic)

    def healthy(self) -> cloudwatch.Metric:
        """Return how many targets take requests."""
        return self._of_targets("HealthyHostCount", cloudwatch.Stats.MINIMUM, "healthy")

    def unhealthy(self) -> cloudwatch.Metric:
        """Return how many targets fail their health check."""
        return self._of_targets("UnHealthyHostCount", cloudwatch.Stats.MAXIMUM, "unhealthy")

    def error_share(self, period: Duration, *, fewest: int) -> cloudwatch.MathExpression:
        """Return the percentage of requests that ended in 5xx; 0 while these are under `fewest`."""
        bad = "(FILL(errors, 0) + FILL(unanswered, 0))"
        return cloudwatch.MathExpression(
            expression=f"IF({bad} >= {fewest}, 100 * {bad} / (FILL(requests, 0) + FILL(unanswered, 0)), 0)",
            using_metrics=self._counted(period),
            period=period,
            label=_PERCENT,
        )

    def bad_share(self, seconds: float, period: Duration, *, fewest: int) -> cloudwatch.MathExpression:
        """Return the percentage of requests that ended in 5xx or took longer; 0 while these are under `fewest`.

        An error that took longer counts twice. Requests that the load balancer had no target for are no requests to
        it, and are added; one that a target did not answer so counts once among the bad, and twice among all.
        """
        bad = "(FILL(requests, 0) * (100 - FILL(quick, 100)) / 100 + FILL(errors, 0) + FILL(unanswered, 0))"
        return cloudwatch.MathExpression(
            expression=f"IF({bad} >= {fewest}, 100 * {bad} / (FILL(requests, 0) + FILL(unanswered, 0)), 0)",
            using_metrics={**self._counted(period), "quick": self.latency(f"PR(:{seconds})", period)},
            period=period,
            label=_PERCENT,
        )

    def _of_targets(self, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        # The group's own metrics would name the load balancer by its first listener, which another may become.
        dimensions = {
            "LoadBalancer": self.load_balancer.load_balancer_full_name,
            "TargetGroup": self.target_group.target_group_full_name,
        }
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=_MINUTE,
            label=label,
        )

    def _counted(self, period: Duration) -> dict[str, cloudwatch.IMetric]:
        return {
            "requests": self.requests(period),
            "errors": self.errors(period),
            "unanswered": self.unanswered(period),
        }
