"""Alarms are there as they were asked for, and what cannot be worked out here is recorded."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws import inventory
from tests.rehearsal.aws.conftest import CLUSTER, Aws
from tests.rehearsal.aws.stack import Stack

pytestmark = pytest.mark.full

ADDON = "amazon-cloudwatch-observability"
COUNTED = {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": []}
JUDGED = {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "EvaluationPeriods": 1, "Threshold": 1}


def alarm(*metrics: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": list(metrics), **JUDGED, **changed}}


def measured(statistic: str, **more: Any) -> dict[str, Any]:
    return {"Id": "m1", "MetricStat": {"Metric": COUNTED, "Period": 300, "Stat": statistic}, **more}


def composite(*names: str) -> dict[str, Any]:
    rule = {
        "Fn::Join": ["", [part for name in names for part in ('ALARM("', {"Fn::GetAtt": [name, "Arn"]}, '") AND ')]]
    }
    rule["Fn::Join"][1][-1] = '")'  # type: ignore[index]  # a dict of anything
    return {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "both", "AlarmRule": rule}}


@pytest.mark.parametrize(("statistic", "kind"), [("Sum", "Statistic"), ("p99", "ExtendedStatistic")])
def test_an_alarm_on_a_metric_with_a_label_is_one_on_the_metric(
    aws: Aws, stack: Stack, statistic: str, kind: str
) -> None:
    assert stack.deploy({"Busy": alarm(measured(statistic, Label="requests"))}) == "CREATE_COMPLETE", stack.reasons
    (seen,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[stack.ids["Busy"]])["MetricAlarms"]
    assert (seen["Namespace"], seen["MetricName"], seen["Period"]) == ("AWS/ApplicationELB", "RequestCount", 300)
    assert seen[kind] == statistic


def test_an_alarm_on_several_metrics_is_recorded_changed_and_deleted(aws: Aws, stack: Stack) -> None:
    share = {"Id": "e1", "Expression": "100 * m1 / m1", "ReturnData": True}
    metric = measured("Sum", ReturnData=False)
    assert stack.deploy({"Share": alarm(share, metric)}) == "CREATE_COMPLETE", stack.reasons
    name = stack.ids["Share"]
    assert stack.deploy({"Share": alarm(share, metric, Threshold=5)}) == "UPDATE_COMPLETE", stack.reasons
    (seen,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (seen["MetricName"], seen["Threshold"]) == ("100 * m1 / m1", 5)
    stack.delete()
    assert aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_an_alarm_on_alarms_names_them_and_goes_before_them(aws: Aws, stack: Stack) -> None:
    parts = {"Long": alarm(measured("Sum")), "Short": alarm(measured("Sum"))}
    assert stack.deploy(parts | {"Both": composite("Long", "Short")}) == "CREATE_COMPLETE", stack.reasons
    assert stack.deploy(parts | {"Both": composite("Long")}) == "UPDATE_COMPLETE", stack.reasons
    (seen,) = aws.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (seen["AlarmName"], stack.ids["Both"]) == ("both", "both")
    assert stack.ids["Long"] in seen["AlarmRule"]
    assert stack.ids["Short"] not in seen["AlarmRule"]
    stack.delete()
    assert aws.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def test_an_alarm_on_what_is_no_alarm_rolls_its_stack_back(stack: Stack) -> None:
    orphan = {"AlarmName": "orphan", "AlarmRule": 'ALARM("nobody")'}
    refused = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": orphan}
    assert stack.deploy({"Orphan": refused}) == "ROLLBACK_COMPLETE"
    assert "do not exist" in stack.reasons


def test_what_is_left_of_monitoring_would_be_seen(aws: Aws, stack: Stack) -> None:
    connect = aws.client
    before = inventory.take(connect)
    body = json.dumps({"widgets": []})
    counted = {"MetricName": "Errors", "MetricNamespace": "Words", "MetricValue": "1"}
    made = {
        "Words": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardBody": body, "DashboardName": "words"},
        },
        "Lines": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/words"}},
        "Errors": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "Lines"},
                "FilterPattern": "{ $.status >= 500 }",
                "MetricTransformations": [counted],
            },
        },
    }
    assert stack.deploy(made) == "CREATE_COMPLETE", stack.reasons
    seen = inventory.made_since(before, connect)
    assert seen["cloudwatch DashboardEntries"] == {"words"}
    assert seen["logs metricFilters"] == {stack.ids["Errors"]}
    stack.delete()
    left = inventory.made_since(before, connect)
    assert left.keys() <= {"cloudformation Stacks"}


@pytest.fixture
def cluster(aws: Aws) -> Iterator[str]:
    role = "arn:aws:iam::000000000000:role/cluster"
    aws.client("eks").create_cluster(name=CLUSTER, roleArn=role, resourcesVpcConfig={"subnetIds": []})
    yield CLUSTER
    aws.client("eks").delete_cluster(name=CLUSTER)


def test_an_add_on_is_told_anew_what_it_is_to_do(aws: Aws, stack: Stack, cluster: str) -> None:
    def addon(values: str) -> dict[str, Any]:
        properties = {"ClusterName": cluster, "AddonName": ADDON, "ConfigurationValues": values}
        return {"Logs": {"Type": "AWS::EKS::Addon", "Properties": properties}}

    assert stack.deploy(addon('{"agents": []}')) == "CREATE_COMPLETE", stack.reasons
    assert stack.deploy(addon("{}")) == "UPDATE_COMPLETE", stack.reasons
    seen = aws.client("eks").describe_addon(clusterName=cluster, addonName=ADDON)["addon"]
    assert seen["configurationValues"] == "{}"
    stack.delete()
