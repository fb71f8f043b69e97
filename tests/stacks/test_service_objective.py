"""What counts as bad, and how fast it must come for whom to be told."""

import re
from typing import Any

import pytest

from slipway.service_objective import BURNS
from tests.stacks.metrics import Metrics
from tests.stacks.synthesis import ROOT, Synthesis

COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
QUIET = {"requests": None, "errors": None, "unanswered": None, "quick": None}


@pytest.fixture(scope="module")
def alarms(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """The alarms of production, by logical ID without its hash."""
    found = Metrics(synthesis).alarms() | Metrics(synthesis).alarms(COMPOSITE)
    return {name.removeprefix("ProdStack/")[:-8]: alarm for name, alarm in found.items()}


def value(alarm: dict[str, Any], **measured: float) -> float:
    """Return what CloudWatch works out; a metric that is not given has no data."""
    (expression,) = (item["Expression"] for item in alarm["Metrics"] if "Expression" in item)
    names = {
        "FILL": lambda known, filled: filled if known is None else known,
        "IF": lambda condition, one, other: one() if condition else other(),
    }
    lazy = re.sub(r"^IF\((.*>= \d+), (.*), 0\)$", r"IF(\1, lambda: \2, lambda: 0)", expression)
    assert lazy != expression
    return float(eval(lazy, {"__builtins__": {}, **names, **QUIET, **measured}))  # noqa: S307 - our own template


@pytest.mark.parametrize(
    ("measured", "percent"),
    [
        ({}, 0),
        ({"requests": 10_000, "quick": 100}, 0),
        ({"requests": 10_000, "quick": 99.8}, 0.2),
        ({"requests": 10_000, "quick": 100, "errors": 100}, 1),
        ({"requests": 10_000, "quick": 98, "errors": 100}, 3),
        ({"unanswered": 50}, 100),  # no pod is left
        ({"requests": 10_000, "quick": 100, "errors": 9}, 0),  # nine wake nobody
    ],
)
def test_slow_requests_and_errors_are_bad(alarms: dict[str, Any], measured: dict[str, float], percent: float) -> None:
    assert value(alarms["WatchObjectiveFastLong"], **measured) == pytest.approx(percent)


def test_within_the_objective_is_within_300_milliseconds(alarms: dict[str, Any]) -> None:
    (share,) = (item for item in alarms["WatchObjectiveFastLong"]["Metrics"] if item["Id"] == "quick")
    assert share["MetricStat"]["Metric"]["MetricName"] == "TargetResponseTime"
    assert share["MetricStat"]["Stat"] == "PR(:0.3)"


@pytest.mark.parametrize(
    ("name", "percent", "long", "short"),
    [("Fast", 1.44, 60, 5), ("Steady", 0.6, 360, 30), ("Slow", 0.3, 1440, 120)],
)
def test_somebody_is_told_when_both_windows_are_bad(
    alarms: dict[str, Any], name: str, percent: float, long: int, short: int
) -> None:
    for length, minutes in (("Long", long), ("Short", short)):
        alarm = alarms[f"WatchObjective{name}{length}"]
        assert alarm["Threshold"] == percent
        assert {item["MetricStat"]["Period"] for item in alarm["Metrics"] if "MetricStat" in item} == {60 * minutes}
        assert "AlarmActions" not in alarm
    rule = alarms[f"WatchObjective{name}"]["AlarmRule"]
    assert re.fullmatch(rf'\(ALARM\("<.*{name}Long.*"\) AND ALARM\("<.*{name}Short.*"\)\)', rule)


def test_the_runbook_has_the_windows() -> None:
    text = (ROOT / "docs/runbook/alarms.md").read_text("utf-8")
    for burn in BURNS:
        (row,) = re.findall(rf"^\| {burn.name} \|.*$", text, re.MULTILINE)
        assert f"| {burn.rate / 10:g} % |" in row
        assert f"| {burn.spent:g} % |" in row


@pytest.mark.parametrize(
    ("measured", "percent"),
    [
        ({}, 0),
        ({"requests": 100, "errors": 4}, 0),
        ({"requests": 100, "errors": 5}, 5),
        ({"requests": 90, "errors": 5, "unanswered": 10}, 15),
        ({"unanswered": 5}, 100),
    ],
)
def test_errors_are_a_share_of_all_requests(alarms: dict[str, Any], measured: dict[str, float], percent: float) -> None:
    assert value(alarms["WatchTrafficErrors"], **measured) == pytest.approx(percent)
    assert alarms["WatchTrafficErrors"]["Threshold"] == 5
