"""What each type of resource uses in a month.

A function is given all resources of its type in a stack, and yields what is paid for and how much of it: names stand in
prices.toml, assumptions in usage.toml.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from costs.tariff import Tariff

Properties = Mapping[str, Any]
Use = tuple[str, float]

_LAMBDA_MIB = 128  # what Lambda gives a function that does not say
_INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_POD_LOGS = "/pods"  # how the log group ends that has what pods write
_WATCH = ".watch.handle"  # how the handler ends of the function that counts pods every minute


def _hosts(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    for host in found:
        yield f"EC2 {host['InstanceType']}", tariff.month["hours"]
        yield "EBS gp3", sum(disk["Ebs"]["VolumeSize"] for disk in host["BlockDeviceMappings"])
    yield "Own metrics", tariff.month["host_metrics"] + tariff.month["pipeline_metrics"]


def _volumes(found: Sequence[Properties], _tariff: Tariff) -> Iterator[Use]:
    yield "EBS gp3", sum(volume["Size"] for volume in found)


def _databases(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    for database in found:
        instances = 2 if database["MultiAZ"] else 1
        yield f"RDS {database['DBInstanceClass']}", instances * tariff.month["hours"]
        yield "RDS storage", instances * int(database["AllocatedStorage"])
        yield "Secrets", int(database["ManageMasterUserPassword"])


def _clusters(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    yield "EKS control plane", len(found) * tariff.month["hours"]
    yield "Traffic between zones", tariff.month["between_zones_gb"]
    yield from _logs(tariff.month["control_plane_log_gb"])


def _manifests(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    """Find the nodes, which EKS makes as the manifests of their pool and class say."""
    objects = [item for manifest in found for item in _objects(manifest["Manifest"])]
    kinds = {item["kind"]: item["spec"] for item in objects if item["kind"] in {"NodePool", "NodeClass"}}
    if not kinds:
        return
    requirements = kinds["NodePool"]["template"]["spec"]["requirements"]
    (types,) = (item["values"] for item in requirements if item["key"] == _INSTANCE_TYPE)
    cheapest = min((f"EC2 {type_}" for type_ in types), key=tariff.usd)
    hours = tariff.month["nodes"] * tariff.month["hours"]
    disk = kinds["NodeClass"]["ephemeralStorage"]["size"].removesuffix("Gi")
    yield cheapest, hours
    yield "EKS Auto Mode", hours * tariff.usd(cheapest)
    yield "EBS gp3", tariff.month["nodes"] * int(disk)


def _objects(manifest: Any) -> list[dict[str, Any]]:
    """Return the Kubernetes objects of a manifest, in a placeholder's stead where CloudFormation fills in."""
    parts = [manifest] if isinstance(manifest, str) else manifest["Fn::Join"][1]
    objects: list[dict[str, Any]] = json.loads("".join(part if isinstance(part, str) else "AWS" for part in parts))
    return objects


def _nat_gateways(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    yield "NAT gateway", len(found) * tariff.month["hours"]
    yield "NAT gateway, data", tariff.month["nat_gb"]


def _addresses(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    yield "Public IPv4 address", len(found) * tariff.month["hours"]


def _endpoints(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    """Find interfaces, one in each subnet; gateways cost nothing."""
    interfaces = sum(len(item["SubnetIds"]) for item in found if item["VpcEndpointType"] == "Interface")
    yield "VPC interface endpoint", interfaces * tariff.month["hours"]


def _load_balancers(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    hours, month = tariff.month["hours"], tariff.month
    yield "Application Load Balancer", len(found) * hours
    yield "Application Load Balancer, capacity", len(found) * hours * month["load_balancer_units"]
    yield "Public IPv4 address", hours * sum(len(item["Subnets"]) for item in found)
    yield "Traffic to the internet", month["requests"] * month["response_kb"] / 1_000_000


def _buckets(_found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    """Price the load balancer's access logs, the only bucket that there is."""
    yield "S3", tariff.month["access_log_gb"]
    yield "S3, writing", tariff.month["access_log_files"] / 1000


def _functions(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    for function in found:
        watches = function.get("Handler", "").endswith(_WATCH)
        minutes = tariff.month["hours"] * 60
        seconds = minutes * tariff.month["watch_seconds"] if watches else tariff.month["function_seconds"]
        yield "Lambda", function.get("MemorySize", _LAMBDA_MIB) / 1024 * seconds
        yield "Own metrics", watches * tariff.month["pod_metrics"]


def _log_groups(found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    for group in found:
        of_pods = str(group.get("LogGroupName", "")).endswith(_POD_LOGS)
        millions = tariff.month["requests"] / 1_000_000
        yield from _logs(millions * tariff.month["pod_log_gb"] if of_pods else tariff.month["other_log_gb"])


def _metric_filters(found: Sequence[Properties], _tariff: Tariff) -> Iterator[Use]:
    """Count each service that a filter names: it is the dimension of a metric of its own."""
    for item in found:
        services = item["FilterPattern"].count("$.service = ") or 1
        yield "Own metrics", services * len(item["MetricTransformations"])


def _flow_logs(_found: Sequence[Properties], tariff: Tariff) -> Iterator[Use]:
    yield from _logs(tariff.month["flow_log_gb"])


def _logs(gb: float) -> Iterator[Use]:
    """Price lines that are taken in, and kept for a month."""
    yield "Logs, taken in", gb
    yield "Logs, kept", gb


def _alarms(found: Sequence[Properties], _tariff: Tariff) -> Iterator[Use]:
    """Count the metrics that alarms look at, each of which is paid for."""
    yield "Alarms", sum(sum("MetricStat" in item for item in alarm.get("Metrics", [])) or 1 for alarm in found)


def _each(what: str) -> Callable[[Sequence[Properties], Tariff], Iterator[Use]]:
    """Return the function for what is paid for by the piece."""
    return lambda found, _: iter([(what, len(found))])


def _a_month(what: str, name: str, share: float = 1) -> Callable[[Sequence[Properties], Tariff], Iterator[Use]]:
    """Return the function for what a month is assumed to hold, however many resources share it."""
    return lambda _, tariff: iter([(what, tariff.month[name] * share)])


PRICED: Mapping[str, Callable[[Sequence[Properties], Tariff], Iterator[Use]]] = {
    "AWS::ApiGatewayV2::Api": _a_month("API Gateway", "webhook_requests", 1 / 1_000_000),
    "AWS::CloudWatch::Alarm": _alarms,
    "AWS::CloudWatch::CompositeAlarm": _each("Composite alarms"),
    "AWS::CloudWatch::Dashboard": _each("Dashboards"),
    "AWS::DLM::LifecyclePolicy": _a_month("EBS snapshots", "snapshot_gb"),
    "AWS::EC2::EIP": _addresses,
    "AWS::EC2::FlowLog": _flow_logs,
    "AWS::EC2::Instance": _hosts,
    "AWS::EC2::NatGateway": _nat_gateways,
    "AWS::EC2::VPCEndpoint": _endpoints,
    "AWS::EC2::Volume": _volumes,
    "AWS::ECR::Repository": _a_month("ECR", "image_gb"),
    "AWS::EKS::Cluster": _clusters,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancers,
    "AWS::KMS::Key": _each("KMS keys"),
    "AWS::Lambda::Function": _functions,
    "AWS::Logs::LogGroup": _log_groups,
    "AWS::Logs::MetricFilter": _metric_filters,
    "AWS::RDS::DBInstance": _databases,
    "AWS::S3::Bucket": _buckets,
    "AWS::SecretsManager::Secret": _each("Secrets"),
    "Custom::AWSCDK-EKS-KubernetesResource": _manifests,
}
"""Every type that is paid for."""
