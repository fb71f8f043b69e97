"""Every metric that somebody really writes, and every one that an alarm or the dashboard looks at."""

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

import yaml

from slipway.rollout_gate_handler.gate import watch
from slipway.rollout_gate_handler.gate.kubernetes import Kubernetes
from tests.stacks.synthesis import ROOT, Synthesis

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
OF_LOAD_BALANCER = "RequestCount HTTPCode_Target_4XX_Count HTTPCode_Target_5XX_Count HTTPCode_ELB_5XX_Count"
BY_AWS = {
    ("AWS/ApplicationELB", ("LoadBalancer",)): f"{OF_LOAD_BALANCER} TargetResponseTime",
    ("AWS/ApplicationELB", ("LoadBalancer", "TargetGroup")): "HealthyHostCount UnHealthyHostCount",
    ("AWS/CertificateManager", ("CertificateArn",)): "DaysToExpiry",
    ("AWS/EC2", ("InstanceId",)): "StatusCheckFailed_Instance StatusCheckFailed_System",
    ("AWS/RDS", ("DBInstanceIdentifier",)): "CPUUtilization DatabaseConnections FreeStorageSpace",
}
"""What AWS writes, as its documentation has it: namespace and dimensions, and the names."""

DIMENSIONS = {
    "CertificateArn": ("AWS::CertificateManager::Certificate", "Ref"),
    "DBInstanceIdentifier": ("AWS::RDS::DBInstance", "Ref"),
    "InstanceId": ("AWS::EC2::Instance", "Ref"),
    "LoadBalancer": (LOAD_BALANCER, "LoadBalancerFullName"),
    "TargetGroup": ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName"),
}
"""Which resources AWS's dimensions name, and by which attribute."""


class Metric(NamedTuple):
    """A metric as CloudWatch tells it from others."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Metrics:
    """The metrics of one synthesis, of the system `name`; AWS fills in what is `<TYPE STACK/LOGICAL-ID ATTRIBUTE>`."""

    synthesis: Synthesis
    name: str = "slipway"

    @cached_property
    def custom(self) -> set[Metric]:
        """What our own stacks, hosts, functions and scripts write, each of which is paid for."""
        return {*self._filtered(), *_counted(), *_of_hosts(self.name), *_of_pipeline()}

    def exists(self, metric: Metric) -> bool:
        """Return whether somebody writes a metric."""
        if metric in self.custom:
            return True
        kinds = tuple(sorted(name for name, _ in metric.dimensions))
        return metric.name in BY_AWS.get((metric.namespace, kinds), "").split() and all(
            value in self._named(name) for name, value in metric.dimensions
        )

    def alarms(self, type_: str = "AWS::CloudWatch::Alarm") -> dict[str, dict[str, Any]]:
        """Return the properties of each alarm, filled in, by stack and logical ID."""
        return self.resources(type_)

    def resources(self, type_: str) -> dict[str, dict[str, Any]]:
        """Return the properties of each resource of a type, filled in, by stack and logical ID."""
        return {
            f"{stack}/{logical_id}": self._filled(stack, resource["Properties"])
            for stack, logical_id, resource in self.synthesis.resources(type_)
        }

    @cached_property
    def dashboards(self) -> list[dict[str, Any]]:
        """The bodies of all dashboards."""
        return [json.loads(made["DashboardBody"]) for made in self.resources("AWS::CloudWatch::Dashboard").values()]

    def _named(self, dimension: str) -> set[str]:
        type_, attribute = DIMENSIONS[dimension]
        return {
            f"<{type_} {stack}/{logical_id} {attribute}>" for stack, logical_id, _ in self.synthesis.resources(type_)
        }

    def _filtered(self) -> Iterator[Metric]:
        for _, _, resource in self.synthesis.resources("AWS::Logs::MetricFilter"):
            services = re.findall(r'\$\.service = "(\w+)"', resource["Properties"]["FilterPattern"])
            for made in resource["Properties"]["MetricTransformations"]:
                assert made["Dimensions"] == [{"Key": "Service", "Value": "$.service"}]
                for service in services:
                    dimensions = frozenset({("Service", service)})
                    yield Metric(made["MetricNamespace"], made["MetricName"], dimensions)

    def _filled(self, stack: str, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return self._reference(stack, name, "Ref")
            case {"Fn::GetAtt": [name, attribute]}:
                return self._reference(stack, name, attribute)
            case {"Fn::ImportValue": name}:
                exporter = name.partition(":")[0]
                outputs = self.synthesis.templates[exporter]["Outputs"].values()
                (exported,) = (item["Value"] for item in outputs if item.get("Export", {}).get("Name") == name)
                return self._filled(exporter, exported)
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self._filled(stack, part) for part in parts)
            case dict():
                return {key: self._filled(stack, item) for key, item in value.items()}
            case list():
                return [self._filled(stack, item) for item in value]
        return value

    def _reference(self, stack: str, name: str, attribute: str) -> str:
        if name.startswith("AWS::"):
            return f"<{name}>"
        return f"<{self.synthesis.templates[stack]['Resources'][name]['Type']} {stack}/{name} {attribute}>"


def looked_at_by_alarm(alarm: dict[str, Any]) -> list[Metric]:
    """Return the metrics that an alarm is made of, each as often as it is paid for."""
    stated = [item["MetricStat"]["Metric"] for item in alarm.get("Metrics", []) if "MetricStat" in item]
    return [
        Metric(
            item["Namespace"],
            item["MetricName"],
            frozenset((dimension["Name"], dimension["Value"]) for dimension in item.get("Dimensions", [])),
        )
        for item in stated or [alarm]
    ]


def looked_at_by_dashboard(body: dict[str, Any]) -> Iterator[tuple[str, Metric]]:
    """Yield the title of each widget with each of its metrics."""
    for widget in body["widgets"]:
        for row in widget["properties"].get("metrics", []):
            words = [word for word in row if isinstance(word, str)]
            if words:
                namespace, name, *rest = words
                dimensions = frozenset(zip(rest[::2], rest[1::2], strict=True))
                yield widget["properties"]["title"], Metric(namespace, name, dimensions)


class _Idle:
    """A cluster in which nothing is wanted."""

    def get(self, *_: str) -> dict[str, Any]:
        return {"spec": {"replicas": 0}, "status": {}}


def _counted() -> Iterator[Metric]:
    line = watch.counted(cast(Kubernetes, _Idle()), ["proxy"], "Slipway/Pods")
    for group in line["_aws"]["CloudWatchMetrics"]:
        assert group["Dimensions"] == [[]]
        for metric in group["Metrics"]:
            assert metric["Name"] in line
            yield Metric(group["Namespace"], metric["Name"])


def _of_hosts(system: str) -> Iterator[Metric]:
    measure = _script("ansible/roles/host_metrics/files/host_metrics.py")
    measure.__dict__["failed_units"] = int  # there may be no systemd here
    measure.__dict__["disk_used"] = measure.__dict__["memory_used"] = lambda *_: 0.0
    namespace = _yaml("ansible/roles/host_metrics/defaults/main.yml")["host_metrics_namespace"]
    for given in _variables("host_metrics"):
        host = given["host_metrics_host"].replace("{{ slipway_name }}", system)
        for item in measure.metrics(host, given.get("host_metrics_paths", ["/"])):
            dimensions = frozenset((part["Name"], part["Value"]) for part in item["Dimensions"])
            yield Metric(namespace, item["MetricName"], dimensions)


def _of_pipeline() -> Iterator[Metric]:
    namespace = _yaml("ansible/roles/queue_metrics/defaults/main.yml")["queue_metrics_namespace"]
    assert len(_variables("queue_metrics")) == 1
    told = [*(ROOT / "ci").glob("*"), ROOT / "ansible/roles/queue_metrics/files/queue_metrics.py"]
    text = "\n".join(path.read_text() for path in told if path.is_file())
    for name in re.findall(r'ci/tell_metric\.py (\w+) [01]|"MetricName": "(\w+)"', text):
        yield Metric(namespace, "".join(name))


def _variables(role: str) -> list[dict[str, Any]]:
    site = _yaml("ansible/site.yml")
    return [item["vars"] for play in site for item in play["roles"] if item["role"] == role]


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def _script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
