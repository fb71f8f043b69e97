"""What pods write, in CloudWatch."""

import json

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from slipway.logs import owned_log_group
from slipway.pod_role import PodRole

_ADDON = "amazon-cloudwatch-observability"
_NAMESPACE, _SERVICE_ACCOUNT = "amazon-cloudwatch", "cloudwatch-agent"
"""Where the add-on's Fluent Bit runs, and as whom."""

_PIPELINE = """\
[INPUT]
    Name                tail
    Tag                 pods.*
    Path                /var/log/containers/*.log
    Exclude_Path        /var/log/containers/fluent-bit*
    multiline.parser    cri
    DB                  /var/fluent-bit/state/pods.db
    Mem_Buf_Limit       5MB
    Skip_Long_Lines     On
    Refresh_Interval    10
    Rotate_Wait         30
    storage.type        filesystem
    Read_from_Head      On

[OUTPUT]
    Name                cloudwatch_logs
    Match               pods.*
    region              ${{AWS_REGION}}
    log_group_name      {log_group}
    log_stream_prefix   ${{HOST_NAME}}.
    log_key             log
    auto_create_group   false
"""
"""How Fluent Bit carries a line: as the pod wrote it. The stream's name says from which; the usual pipeline would wrap
each line in what is known of its pod, several times as long as ours are, and CloudWatch is paid by the byte."""

_NOTHING = "# nothing: our pods' logs are all that is collected"


class PodLogs(Construct):
    """The lines of all pods in one log group, by the EKS add-on of CloudWatch with everything else of it turned off.

    Guarantees: a line arrives as its pod wrote it, so that a JSON line is JSON in CloudWatch; the stream is named after
    node, pod, namespace and container; the group goes with the stack, and keeps every line for a month; what collects
    may write to this group and do nothing else; no metrics are collected, which would cost more than all the rest.

    Attributes:
        log_group: where the lines are.
    """

    def __init__(self, scope: Construct, id_: str, *, cluster: eks.ICluster, name: str) -> None:
        """Define the logs of `cluster`, in a group called `name`. To be made after the cluster's nodes."""
        super().__init__(scope, id_)
        self.log_group = owned_log_group(self, "Group", name=name)
        identity = PodRole(self, "Identity", cluster=cluster, namespace=_NAMESPACE, service_account=_SERVICE_ACCOUNT)
        self.log_group.grant_write(identity.role)
        # The version is EKS's default for the cluster's version: a pinned one would block the next upgrade.
        addon = eks.CfnAddon(
            self,
            "Addon",
            cluster_name=cluster.cluster_name,
            addon_name=_ADDON,
            configuration_values=json.dumps(_configuration(name)),
        )
        addon.node.add_dependency(identity)  # credentials come when a pod is admitted


def _configuration(log_group: str) -> dict[str, object]:
    files = {
        "application-log.conf": _PIPELINE.format(log_group=log_group),
        "dataplane-log.conf": _NOTHING,
        "host-log.conf": _NOTHING,
    }
    return {
        "agents": [],  # they collect metrics and traces
        "containerLogs": {"enabled": True, "fluentBit": {"config": {"extraFiles": files}}},
    }
