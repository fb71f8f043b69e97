"""What is watched exists, is told to somebody, is explained, and costs what is written."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from costs.tariff import load
from tests.stacks.metrics import Metric, Metrics, looked_at_by_alarm, looked_at_by_dashboard
from tests.stacks.synthesis import ROOT, Synthesis

COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
RUNBOOK = Path("docs/runbook/alarms.md")
DECISION = ROOT / "docs/decisions/0026-monitoring.md"
LINK = re.compile(rf"https://github\.com/example/slipway/blob/main/{RUNBOOK}#([a-z-]+)")

WATCHED = {
    "CiStack/JenkinsInstance": {"CiStack/JenkinsHardwareFailure", "CiStack/JenkinsHung"},
    "CiStack/TestInstance": {"CiStack/TestHardwareFailure", "CiStack/TestHung"},
    "DataStack/DatabaseInstance": {
        *(f"DataStack/Alarms{what}" for what in ("Connections", "Cpu", "Storage")),
        *(f"Database: {what}" for what in ("connections", "free storage, bytes", "processor")),
    },
}
"""Which alarms and widgets look at which database or host: AWS counts for each, so that a wrong one exists, too."""

USD = load().usd  # a month in eu-west-2, without what the first of each are free of
MOST = 15.00


@pytest.fixture(scope="module")
def metrics(synthesis: Synthesis) -> Metrics:
    return Metrics(synthesis)


def _looked_at(metrics: Metrics) -> list[tuple[str, Metric]]:
    """Return every metric of an alarm or a widget, with the alarm's stack and logical ID or the widget's title."""
    alarms = [(name, metric) for name, alarm in metrics.alarms().items() for metric in looked_at_by_alarm(alarm)]
    widgets = [found for body in metrics.dashboards for found in looked_at_by_dashboard(body)]
    assert len(alarms) > 30
    assert len(widgets) > 30
    return alarms + widgets


def _unknown(metrics: Metrics) -> list[Any]:
    """Return what is looked at and written by nobody."""
    return [(where, metric) for where, metric in _looked_at(metrics) if not metrics.exists(metric)]


def test_every_alarm_and_widget_looks_at_what_somebody_writes(metrics: Metrics) -> None:
    assert _unknown(metrics) == []


@pytest.mark.full
def test_with_a_domain_too(other: Synthesis) -> None:
    metrics = Metrics(other, "other")
    assert _unknown(metrics) == []
    assert "DaysToExpiry" in str(metrics.alarms())


def _plain(name: str) -> str:
    """Return a logical ID without the CDK's hash."""
    return re.sub("[0-9A-F]{8}$", "", name)


def test_a_database_and_a_host_are_watched_by_their_own_alarms_and_widgets(metrics: Metrics) -> None:
    watched = defaultdict(set)
    for where, metric in _looked_at(metrics):
        if metric.namespace in {"AWS/EC2", "AWS/RDS"}:
            ((_, value),) = metric.dimensions
            watched[_plain(value.split()[1])].add(_plain(where))
    assert watched == WATCHED


def test_every_metric_that_is_paid_for_is_looked_at(metrics: Metrics) -> None:
    (dashboard,) = metrics.dashboards
    shown = {metric for _, metric in looked_at_by_dashboard(dashboard)}
    assert metrics.custom - shown == set()


def test_every_widget_shows_something(metrics: Metrics) -> None:
    (dashboard,) = metrics.dashboards
    graphs = {item["properties"]["title"] for item in dashboard["widgets"] if item["type"] == "metric"}
    assert graphs == {title for title, _ in looked_at_by_dashboard(dashboard)}
    assert {item["type"] for item in dashboard["widgets"]} == {"alarm", "metric", "text"}


def test_the_dashboard_is_one_that_costs_nothing(metrics: Metrics) -> None:
    (dashboard,) = metrics.dashboards
    assert len([*looked_at_by_dashboard(dashboard)]) <= 50


@pytest.mark.parametrize(
    ("type_", "field"),
    [("AWS::CloudWatch::Dashboard", "DashboardName"), ("AWS::Budgets::Budget", "BudgetName")],
)
def test_what_knows_no_region_is_named_after_it_so_that_a_second_region_can_be_deployed(
    type_: str, field: str, metrics: Metrics
) -> None:
    (name,) = (properties.get("Budget", properties)[field] for properties in metrics.resources(type_).values())
    assert name == "slipway-<AWS::Region>"


def test_every_alarm_of_production_is_on_the_dashboard(metrics: Metrics) -> None:
    (dashboard,) = metrics.dashboards
    (shown,) = (item["properties"]["alarms"] for item in dashboard["widgets"] if item["type"] == "alarm")
    telling = {
        f"<{type_} {name} Arn>"
        for type_ in ("AWS::CloudWatch::Alarm", COMPOSITE)
        for name, alarm in metrics.alarms(type_).items()
        if name.startswith("ProdStack/") and "AlarmActions" in alarm
    }
    assert set(shown) == telling


def test_every_alarm_tells_the_one_topic_of_its_beginning_and_its_end(metrics: Metrics) -> None:
    rules = " ".join(alarm["AlarmRule"] for alarm in metrics.alarms(COMPOSITE).values())
    for name, alarm in {**metrics.alarms(), **metrics.alarms(COMPOSITE)}.items():
        if f"{name} Arn" in rules:  # a part of another alarm tells nobody
            assert "AlarmActions" not in alarm
            continue
        assert re.match("<AWS::SNS::Topic NetworkStack/Alarms", alarm["AlarmActions"][0]), name
        assert alarm["OKActions"] == alarm["AlarmActions"][:1], name


def test_every_alarm_ends_with_the_address_of_its_section(metrics: Metrics) -> None:
    for name, alarm in {**metrics.alarms(), **metrics.alarms(COMPOSITE)}.items():
        assert re.search(rf"\. {LINK.pattern}$", alarm["AlarmDescription"]), name
        assert len(alarm["AlarmDescription"]) <= 1024


def _sections() -> set[str]:
    headings = re.findall(r"^## (.+)$", (ROOT / RUNBOOK).read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _linked(synthesis: Synthesis) -> set[str]:
    linked = {anchor for stack in synthesis.templates for anchor in LINK.findall(synthesis.path(stack).read_text())}
    return linked | ({"budget"} if [*synthesis.resources("AWS::Budgets::Budget")] else set())


def test_the_runbook_has_a_section_for_every_alarm(synthesis: Synthesis) -> None:
    assert len(_linked(synthesis)) > 10
    assert _linked(synthesis) - _sections() == set()


@pytest.mark.full
def test_the_runbook_has_no_section_without_an_alarm(other: Synthesis) -> None:
    assert _sections() - _linked(other) == set()


def test_it_costs_what_is_written(metrics: Metrics) -> None:
    counts = {
        "alarm metrics": (sum(len(looked_at_by_alarm(alarm)) for alarm in metrics.alarms().values()), USD("Alarms")),
        "composite alarms": (len(metrics.alarms(COMPOSITE)), USD("Composite alarms")),
        "custom metrics": (len(metrics.custom), USD("Own metrics")),
        "dashboards": (len(metrics.dashboards), USD("Dashboards")),
    }
    for what, (count, price) in counts.items():
        print(f"{count} {what} at {price:.2f} USD: {count * price:.2f} USD a month")  # noqa: T201 - the figures
        assert f"| {what} | {count} | {price:.2f} | {count * price:.2f} |" in DECISION.read_text("utf-8")
    total = sum(count * price for count, price in counts.values())
    assert f"**{total:.2f} USD**" in DECISION.read_text("utf-8")
    assert total < MOST
