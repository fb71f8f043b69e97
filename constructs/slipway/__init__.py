"""Constructs for a Flask application on AWS: small, typed, each with stated guarantees.

`constructs/` is a source root and never a package: PyPI's `constructs`, on which aws-cdk-lib stands, must win that
name. This package is installed editable from it.
"""

from slipway.acknowledge import acknowledge, acknowledge_aws_policies
from slipway.alarm_topic import AlarmTopic
from slipway.ansible_delivery import AnsibleDelivery
from slipway.build_host import BuildHost
from slipway.dashboard import Dashboard
from slipway.database_alarms import DatabaseAlarms
from slipway.durable_volume import DurableVolume
from slipway.eks_checks import EksChecks
from slipway.entry_point import EntryPoint
from slipway.host_parameter import HostParameter
from slipway.logs import own_logs_of_provider, owned_log_bucket, owned_log_group
from slipway.managed_database import ManagedDatabase
from slipway.monthly_budget import MonthlyBudget
from slipway.pipeline_alarms import PipelineAlarms
from slipway.pod_logs import PodLogs
from slipway.pod_role import PodRole
from slipway.pod_watch import PodWatch
from slipway.private_cluster import PrivateCluster
from slipway.release import Release
from slipway.rollout_gate import RolloutGate
from slipway.service_metrics import ServiceMetrics
from slipway.service_objective import ServiceObjective
from slipway.snapshot_removal import SnapshotRemoval
from slipway.traffic import Traffic
from slipway.traffic_alarms import TrafficAlarms
from slipway.trust import for_this_account
from slipway.webhook_entrance import WebhookEntrance

__all__ = [
    "AlarmTopic",
    "AnsibleDelivery",
    "BuildHost",
    "Dashboard",
    "DatabaseAlarms",
    "DurableVolume",
    "EksChecks",
    "EntryPoint",
    "HostParameter",
    "ManagedDatabase",
    "MonthlyBudget",
    "PipelineAlarms",
    "PodLogs",
    "PodRole",
    "PodWatch",
    "PrivateCluster",
    "Release",
    "RolloutGate",
    "ServiceMetrics",
    "ServiceObjective",
    "SnapshotRemoval",
    "Traffic",
    "TrafficAlarms",
    "WebhookEntrance",
    "acknowledge",
    "acknowledge_aws_policies",
    "for_this_account",
    "own_logs_of_provider",
    "owned_log_bucket",
    "owned_log_group",
]
