"""Alarms that are on are named, and that they reach nobody is said before one is."""

import pytest

from operations import access, alarms
from operations.findings import Verdict
from tests.operations.conftest import Answer, found, resources, stacks

TOPIC = "arn:aws:sns:eu-west-2:111122223333:NetworkStack-Alarms"
PENDING, DELETED = "PendingConfirmation", "Deleted"


def subscribed(*numbers: str) -> Answer:
    items = [{"SubscriptionArn": number, "Protocol": "email", "Endpoint": "on-call@a.example"} for number in numbers]
    return Answer("list_subscriptions_by_topic", {"Subscriptions": items})


@pytest.mark.parametrize(
    ("answer", "verdict", "seen"),
    [
        (subscribed(f"{TOPIC}:1"), Verdict.OK, "on-call@a.example"),
        (subscribed(PENDING, f"{TOPIC}:1"), Verdict.OK, "on-call@a.example"),
        (subscribed(PENDING), Verdict.WARN, "nobody: on-call@a.example has not confirmed"),
        (subscribed(DELETED), Verdict.WARN, "nobody"),
        (subscribed(), Verdict.WARN, "nobody"),
    ],
    ids=["confirmed", "one of two", "pending", "deleted", "none"],
)
def test_alarms_go_to_whoever_has_confirmed(answer: Answer, verdict: Verdict, seen: str) -> None:
    topic = resources("AWS::SNS::Topic", AlarmsTopic1=TOPIC)
    answers = {"cloudformation": [stacks("NetworkStack"), topic], "sns": [answer]}
    (finding,) = found(alarms.receivers, answers)
    assert (finding.verdict, finding.seen, bool(finding.advice)) == (verdict, seen, verdict is Verdict.WARN)


def test_an_address_for_alarms_is_asked_for_before_a_deployment() -> None:
    (unset,) = found(alarms.address, {})
    assert (unset.verdict, "cdk deploy NetworkStack" in unset.advice) == (Verdict.WARN, True)
    (given,) = found(alarms.address, {}, alarm_email="on-call@a.example")
    assert (given.verdict, given.seen) == (Verdict.OK, "on-call@a.example")
    assert alarms.address in access.CHECKS


def test_alarms_of_the_stacks_that_tell_somebody_are_named() -> None:
    ours = {
        "AlarmName": "DataStack-Cpu",
        "AlarmActions": ["arn"],
        "AlarmDescription": "Busy. https://git.example/alarms.md#database-cpu",
    }
    others = [{**ours, "AlarmName": "Other-Cpu"}, {**ours, "AlarmName": "ProdStack-Window", "AlarmActions": []}]
    answers = [
        Answer("describe_alarms", {"MetricAlarms": [ours, *others]}),
        Answer("describe_alarms", {"CompositeAlarms": []}),
    ]
    (finding,) = found(alarms.alarms, {"cloudwatch": answers})
    assert (finding.what, finding.verdict) == ("alarm DataStack-Cpu", Verdict.FAIL)
    assert (finding.seen, finding.advice) == ("Busy", "https://git.example/alarms.md#database-cpu")
    nothing = [Answer("describe_alarms", {"MetricAlarms": []}), Answer("describe_alarms", {"CompositeAlarms": []})]
    assert [it.verdict for it in found(alarms.alarms, {"cloudwatch": nothing})] == [Verdict.OK]
