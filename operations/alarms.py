"""Which alarms are on, and whether they reach anybody."""

from collections.abc import Iterator

from bootstrap.arns import STACKS
from operations.account import Account
from operations.findings import Finding, fail, ok, warn

_TOPIC_STACK = "NetworkStack"
_SUBSCRIBE = f"set alarm_email in cdk.json, then: cdk deploy {_TOPIC_STACK}; AWS asks its owner by e-mail to confirm"


def address(account: Account) -> Iterator[Finding]:
    """See that the settings name somebody whom alarms are told."""
    if account.settings.alarm_email is None:
        yield warn("alarm_email", "not set: no alarm reaches anybody", _SUBSCRIBE)
    else:
        yield ok("alarm_email", account.settings.alarm_email)


def receivers(account: Account) -> Iterator[Finding]:
    """See that somebody is subscribed to the alarms' topic, and has confirmed it."""
    for topic in account.resources(_TOPIC_STACK, "AWS::SNS::Topic").values():
        found = account.listed("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
        confirmed = [it["Endpoint"] for it in found if it["SubscriptionArn"].startswith("arn:")]
        waiting = [it["Endpoint"] for it in found if it["SubscriptionArn"] == "PendingConfirmation"]
        if confirmed:
            yield ok("alarms go to", ", ".join(confirmed))
        elif waiting:
            advice = "confirm by the link in AWS's e-mail; it ends after three days: subscribe again"
            yield warn("alarms go to", f"nobody: {', '.join(waiting)} has not confirmed", advice)
        else:
            yield warn("alarms go to", "nobody", _SUBSCRIBE)


def alarms(account: Account) -> Iterator[Finding]:
    """Name the stacks' alarms that tell somebody, and are on."""
    kinds = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm"}
    on = [
        alarm
        for items, kind in kinds.items()
        for alarm in account.listed("cloudwatch", "describe_alarms", items, StateValue="ALARM", AlarmTypes=[kind])
        if alarm["AlarmName"].startswith(tuple(f"{stack}-" for stack in STACKS)) and alarm.get("AlarmActions")
    ]
    if not on:
        yield ok("alarms", "none is on")
    for alarm in on:
        says, _, page = alarm.get("AlarmDescription", "").rpartition(". ")
        yield fail(f"alarm {alarm['AlarmName']}", says, page)
