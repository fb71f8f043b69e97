"""The one dashboard."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds
from constructs import Construct

from slipway import database_alarms, pipeline_metrics, traffic_alarms
from slipway.build_host import METRICS as HOSTS
from slipway.pod_watch import PodWatch
from slipway.service_metrics import ServiceMetrics
from slipway.service_objective import ServiceObjective
from slipway.traffic import Traffic

_COLUMNS = 24
_HEIGHT = 6
_FIVE_MINUTES = Duration.minutes(5)


class Dashboard(Construct):
    """What somebody who was woken looks at first, from the user's request down to the hosts that build.

    Guarantees: what has an alarm is there with its limit; each release is marked where it began to serve; it shows
    fewer than fifty metrics, so that it is one of the three dashboards that an account has for nothing; each region
    has its own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        runbook: str,
        traffic: Traffic,
        objective: ServiceObjective,
        services: ServiceMetrics,
        pods: PodWatch,
        database: rds.IDatabaseInstance,
        disks: Sequence[tuple[str, str]],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        """Define the dashboard.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            name: of the system; it is called so, and as the region is.
            runbook: URL of what to do about alarms.
            traffic: at the load balancer.
            objective: what users are promised of it.
            services: behind it.
            pods: that serve.
            database: of production.
            disks: of the hosts that build: the host's name, and a path on the disk.
            alarms: shown with their states.
        """
        super().__init__(scope, id_)
        rows = (
            [
                cloudwatch.TextWidget(
                    markdown=f"# {name}\nAn alarm is red? [What to do]({runbook}).", width=6, height=4
                ),
                cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=18, height=4),
            ],
            _of_traffic(traffic, objective),
            _of_services(services),
            _of_pods(pods, traffic, objective),
            _of_database(database),
            _of_pipeline(disks),
        )
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{name}-{Aws.REGION}",  # dashboards are the account's and know no region
            default_interval=Duration.hours(6),
            widgets=[list(row) for row in rows],
        )


def _of_traffic(traffic: Traffic, objective: ServiceObjective) -> list[cloudwatch.IWidget]:
    return [
        # A release is a bar in its five minutes: a line drawn at a time would have to be known when this is deployed.
        _graph("Requests, and releases", [traffic.requests()], right=[pipeline_metrics.releases()]),
        _graph("Errors", [traffic.refused(), traffic.errors(), traffic.unanswered()]),
        _graph(
            "Seconds to the answer",
            [traffic.latency("p50"), traffic.latency("p99")],
            limits={"objective": objective.seconds, "alarm": traffic_alarms.LATENCY_SECONDS},
        ),
    ]


def _of_services(services: ServiceMetrics) -> list[cloudwatch.IWidget]:
    return [
        _graph("Requests of each service", services.requests()),
        _graph("Errors of each service", services.errors()),
        _graph("Seconds of each service, p99", services.latency("p99")),
    ]


def _of_pods(pods: PodWatch, traffic: Traffic, objective: ServiceObjective) -> list[cloudwatch.IWidget]:
    return [
        _graph("Pods", [pods.wanted, pods.missing], limits={"alarm": 1}),
        _graph("Pods behind the load balancer", [traffic.healthy(), traffic.unhealthy()], limits={"alarm": 1}),
        _graph(
            f"Bad requests of an hour: errors, and over {objective.seconds:g} s",
            [objective.bad_share(Duration.hours(1))],
            limits={"objective, percent": objective.allowed},
        ),
    ]


def _of_database(database: rds.IDatabaseInstance) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Database: processor",
            [database.metric_cpu_utilization(period=_FIVE_MINUTES)],
            limits={"alarm": database_alarms.CPU_PERCENT},
        ),
        _graph(
            "Database: connections",
            [database.metric_database_connections(period=_FIVE_MINUTES)],
            limits={"alarm": database_alarms.CONNECTIONS},
        ),
        _graph("Database: free storage, bytes", [database.metric_free_storage_space(period=_FIVE_MINUTES)]),
    ]


def _of_pipeline(disks: Sequence[tuple[str, str]]) -> list[cloudwatch.IWidget]:
    hosts = sorted({host for host, _ in disks})
    return [
        _graph(
            "Builds: waiting, and failed on main", [pipeline_metrics.waiting_builds(), pipeline_metrics.failed_builds()]
        ),
        _graph(
            "Hosts: memory, percent, and failed services",
            [_of_host("MemoryUsed", host, {"Host": host}) for host in hosts],
            right=[_of_host("FailedUnits", f"{host}: failed", {"Host": host}) for host in hosts],
        ),
        _graph(
            "Hosts: disks, percent",
            [_of_host("DiskUsed", f"{host} {path}", {"Host": host, "Path": path}) for host, path in disks],
        ),
    ]


def _of_host(name: str, label: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=HOSTS, metric_name=name, dimensions_map=dimensions, period=_FIVE_MINUTES, label=label
    )


def _graph(
    title: str,
    metrics: Sequence[cloudwatch.IMetric],
    *,
    right: Sequence[cloudwatch.IMetric] = (),
    limits: dict[str, float] | None = None,
) -> cloudwatch.GraphWidget:
    """Return a graph, three of which fill a row; `limits` are lines across it."""
    return cloudwatch.GraphWidget(
        title=title,
        width=_COLUMNS // 3,
        height=_HEIGHT,
        left=list(metrics),
        right=list(right),
        left_y_axis=cloudwatch.YAxisProps(min=0),
        left_annotations=[
            cloudwatch.HorizontalAnnotation(label=label, value=value) for label, value in (limits or {}).items()
        ],
    )
