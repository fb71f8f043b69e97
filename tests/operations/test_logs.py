"""Logs are found where the stacks have them, in the order of their time, and no line comes twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations import OperationsError, logs
from tests.operations.conftest import Answer, account, resources, stacks
from tests.templates import STACKS, of_type

OF_CLOUDFORMATION = ("AccessLogsCleaner", "AnsibleRegistration", "DefaultGroupCloser", "Kubectl", "SnapshotRemoval")
"""Functions that answer CloudFormation, and that nobody asks for by name."""

NOW = datetime.now(UTC).replace(microsecond=0)
AGO = timedelta(minutes=15)


def stream(pod: str, container: str, namespace: str = "slipway") -> str:
    return f"ip-10-40-0-1.pods.var.log.containers.{pod}_{namespace}_{container}-{'0a' * 32}.log"


BACKEND = stream("backend-6d4f-x2x", "backend")
FRONTEND = stream("frontend-6d4f-x2x", "frontend")


def event(number: int, message: str, name: str = BACKEND) -> dict[str, Any]:
    when = int((NOW + timedelta(seconds=number)).timestamp() * 1000)
    return {"eventId": str(number), "timestamp": when, "logStreamName": name, "message": f"{message}\n"}


def told(*events: dict[str, Any]) -> Answer:
    return Answer("filter_log_events", {"events": list(events)})


def lines(service: str, *answers: Answer, groups: Answer | None = None, stack: str = "ClusterStack") -> list[str]:
    """Return what is printed, without its time."""
    groups = groups or resources("AWS::Logs::LogGroup", PodLogsGroup1="/slipway/pods")
    there = account({"cloudformation": [stacks(stack), groups], "logs": answers})
    return [line[9:] for line in logs.lines(there, logs.source(service), ago=AGO, follow=False)]


def test_every_log_group_of_the_stacks_has_a_name_to_ask_for() -> None:
    groups = {(stack, name) for stack in STACKS for name in of_type(stack, "AWS::Logs::LogGroup")}
    asked = {
        (stack, name)
        for stack, name in groups
        for source in logs.SOURCES.values()
        if source.stack == stack and name.startswith(source.groups)
    }
    left = {name for _, name in groups - asked}
    assert {name for name in left if not any(part in name for part in OF_CLOUDFORMATION)} == set()


@pytest.mark.parametrize("source", logs.SOURCES.values(), ids=logs.SOURCES)
def test_every_name_leads_to_groups_that_the_stacks_own(source: logs.Source) -> None:
    names = of_type(source.stack, "AWS::Logs::LogGroup")
    assert [prefix for prefix in source.groups if sum(name.startswith(prefix) for name in names) != 1] == []


def test_lines_come_in_the_order_of_their_time_with_the_pod_that_wrote_them() -> None:
    assert lines("pods", told(event(2, "later", FRONTEND), event(1, "sooner"))) == [
        "backend-6d4f-x2x: sooner",
        "frontend-6d4f-x2x: later",
    ]


def test_a_service_has_its_own_lines_alone() -> None:
    other = stream("metrics-server-1", "backend-exporter", "kube-system")
    seen = lines("backend", told(event(1, "ours"), event(2, "theirs", FRONTEND), event(3, "no pod of ours", other)))
    assert seen == ["backend-6d4f-x2x: ours"]


def test_two_groups_are_one_log() -> None:
    groups = resources("AWS::Logs::LogGroup", DatabaseLogerror1="/error", DatabaseLogslowquery1="/slow")
    answers = told(event(2, "an error", "slipway-production")), told(event(1, "a slow query", "slipway-production"))
    assert lines("database", *answers, groups=groups, stack="DataStack") == [
        "slipway-production: a slow query",
        "slipway-production: an error",
    ]


def test_whoever_follows_gets_each_line_once_and_late_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "sleep", lambda _: None)
    group = resources("AWS::Logs::LogGroup", PodLogsGroup1="/slipway/pods")
    first, late, last = event(2, "first"), event(1, "late"), event(3, "last")
    answers = [told(first), told(first, late), told(late, first, last)]
    there = account({"cloudformation": [stacks("ClusterStack"), group], "logs": answers})
    asked, listed = [], there.listed

    def noting(service: str, operation: str, items: str, **arguments: Any) -> list[Any]:
        asked.append(arguments.get("startTime"))
        return listed(service, operation, items, **arguments)

    monkeypatch.setattr(there, "listed", noting)
    following = logs.lines(there, logs.source("pods"), ago=AGO, follow=True)
    said = [next(following).rpartition(" ")[2] for _ in range(3)]
    assert said == ["first", "late", "last"]
    first_look, *later = [datetime.fromtimestamp(start / 1000, UTC) for start in asked if start]
    assert first_look < datetime.now(UTC) - AGO
    assert all(first_look < look <= datetime.now(UTC) - timedelta(minutes=1) for look in later)


def test_a_stack_that_is_not_deployed_is_one_line() -> None:
    there = account({"cloudformation": [stacks()]})
    with pytest.raises(OperationsError, match=r"^ClusterStack is not deployed in eu-west-2; see `make status"):
        list(logs.lines(there, logs.source("backend"), ago=AGO, follow=False))


@pytest.mark.parametrize(("text", "ago"), [("90s", timedelta(seconds=90)), ("2d", timedelta(days=2))])
def test_since_is_a_number_and_a_unit(text: str, ago: timedelta) -> None:
    assert logs.since(text) == ago


@pytest.mark.parametrize("text", ["", "15", "m", "-1m", "1w", "15 m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(OperationsError, match=r"^SINCE=.*: allowed is a number with s, m, h or d"):
        logs.since(text)


def test_an_unknown_service_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(OperationsError, match=r"^SERVICE=jenkins: allowed are pods, proxy, frontend, backend"):
        logs.source("jenkins")
