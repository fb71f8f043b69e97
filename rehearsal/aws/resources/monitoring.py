"""Alarms on what is worked out of several metrics, and alarms on alarms."""

from typing import Any

from rehearsal.aws.resources.resource_type import Handlers, Made, Properties, ResourceType, client

_SPOKEN_OF = ("AlarmActions", "AlarmDescription", "AlarmRule", "OKActions")


def alarm(emulated: Handlers) -> Handlers:
    """Return the type of alarms, which knows what is worked out of metrics: nobody works it out, it is recorded."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        made: Made = emulated["create"](logical_id, _of_one_metric(properties), stack)
        return made

    def update(physical_id: str, old: Properties, new: Properties, *more: str) -> Made:
        made: Made = emulated["update"](physical_id, _of_one_metric(old), _of_one_metric(new), *more)
        return made

    return emulated | {"create": create, "update": update}


def _of_one_metric(properties: Properties) -> dict[str, Any]:
    """Return an alarm's properties as the emulator takes them: without labels, and with one metric."""
    known = {name: value for name, value in properties.items() if name != "Metrics"}
    for query in properties.get("Metrics", []):
        if query.get("ReturnData", True):
            return known | (_one(query["MetricStat"]) if "MetricStat" in query else _worked_out(query["Expression"]))
    return known


def _one(measured: dict[str, Any]) -> dict[str, Any]:
    statistic = measured["Stat"]
    kind = "Statistic" if statistic.isalpha() else "ExtendedStatistic"
    return {**measured["Metric"], "Period": measured["Period"], kind: statistic}


def _worked_out(expression: str) -> dict[str, Any]:
    return {"Namespace": "Expression", "MetricName": expression[:255]}


def _create_composite(properties: Properties, name: str) -> Made:
    return _put_composite(properties.get("AlarmName", name), properties, properties)


def _put_composite(name: str, _old: Properties, new: Properties) -> Made:
    cloudwatch = client("cloudwatch")
    said = {key: new[key] for key in _SPOKEN_OF if key in new}
    cloudwatch.put_composite_alarm(AlarmName=name, Tags=new.get("Tags", []), **said)
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return name, {"Arn": found[0]["AlarmArn"]}


def _delete_composite(name: str, _properties: Properties) -> None:
    client("cloudwatch").delete_alarms(AlarmNames=[name])


TYPES = {
    "AWS::CloudWatch::CompositeAlarm": ResourceType(
        _create_composite, _delete_composite, _put_composite, frozenset({"AlarmName"})
    )
}
