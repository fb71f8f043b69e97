"""What watches over production: alarms, figures and the dashboard."""

from constructs import Construct

from cdk_app.cluster_stack import ClusterStack
from cdk_app.contract import BUILD_DISKS, DEPLOYMENTS, NAMESPACE, OBJECTIVE_PERCENT, OBJECTIVE_SECONDS
from cdk_app.network_stack import NetworkStack
from cdk_app.runbook import page
from cdk_app.settings import Settings
from slipway import (
    Dashboard,
    EntryPoint,
    ManagedDatabase,
    PodWatch,
    ServiceMetrics,
    ServiceObjective,
    Traffic,
    TrafficAlarms,
)


class Watch(Construct):
    """Everything that tells how production fares, from when there is something to watch."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        network: NetworkStack,
        cluster: ClusterStack,
        database: ManagedDatabase,
        entry: EntryPoint,
    ) -> None:
        """Define what watches over the application behind `entry`."""
        super().__init__(scope, id_)
        self.node.add_dependency(entry.binding)
        alarms = network.alarms
        traffic = Traffic(load_balancer=entry.load_balancer, target_group=entry.target_group)
        of_traffic = TrafficAlarms(self, "Traffic", traffic=traffic, certificate=entry.certificate, alarms=alarms)
        objective = ServiceObjective(
            self, "Objective", traffic=traffic, percent=OBJECTIVE_PERCENT, seconds=OBJECTIVE_SECONDS, alarms=alarms
        )
        pods = PodWatch(
            self,
            "Pods",
            vpc=network.vpc,
            cluster=cluster.cluster.cluster,
            namespace=NAMESPACE,
            deployments=DEPLOYMENTS,
            alarms=alarms,
        )
        Dashboard(
            self,
            "Dashboard",
            name=settings.name,
            runbook=page(settings, "alarms"),
            traffic=traffic,
            objective=objective,
            services=ServiceMetrics(self, "Services", log_group=cluster.pod_logs.log_group, services=DEPLOYMENTS),
            pods=pods,
            database=database.instance,
            disks=[(f"{settings.name}-{host}", path) for host, path in BUILD_DISKS],
            alarms=[*objective.alarms, *of_traffic.alarms, pods.alarm],
        )
