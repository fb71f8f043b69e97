"""What `make cost` says is what the templates hold, and nothing in them that is paid for goes unpriced."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from cdk_app.profiles import PROFILES
from cdk_app.settings import Settings
from costs import CostsError, bill, tables
from costs.__main__ import TRAINING
from costs.bill import Bill
from costs.resources import PRICED
from costs.synthesis import write
from costs.tariff import load
from tests.stacks.metrics import Metrics
from tests.stacks.synthesis import ROOT, Synthesis

RATES = load()
HOURS = 730


@pytest.fixture(scope="module")
def folders(synthesis: Synthesis, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Where each profile's templates lie."""
    home = tmp_path_factory.mktemp("profiles")
    others = [name for name in PROFILES if name != "default"]
    for name in others:
        write(home / name)
    return {"default": synthesis.directory, **{name: home / name for name in others}}


@pytest.fixture(scope="module")
def bills(folders: Mapping[str, Path]) -> Mapping[str, Bill]:
    return {
        **{name: bill.of_templates(folder, RATES) for name, folder in folders.items()},
        TRAINING: bill.of_training(RATES),
    }


def written(folder: Path, **resources: Any) -> Path:
    """Write a synthesis of one stack."""
    stack = {"type": "aws:cloudformation:stack"}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Stack": stack}}))
    (folder / "Stack.template.json").write_text(json.dumps({"Resources": resources}))
    return folder


def test_a_type_that_is_neither_priced_nor_free_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, Table={"Type": "AWS::DynamoDB::Table"})
    with pytest.raises(
        CostsError, match=r"^AWS::DynamoDB::Table in Stack has no price: give it one in costs/resources"
    ):
        bill.of_templates(folder, RATES)


def test_an_instance_type_without_a_price_is_refused(tmp_path: Path) -> None:
    host = {"InstanceType": "x9g.large", "BlockDeviceMappings": []}
    folder = written(tmp_path, Host={"Type": "AWS::EC2::Instance", "Properties": host})
    with pytest.raises(CostsError, match=r"^costs/prices.toml has no price of 'EC2 x9g.large' in eu-west-2"):
        bill.of_templates(folder, RATES)


def test_no_type_is_priced_and_free() -> None:
    assert PRICED.keys() & RATES.free == set()


def test_every_type_is_one_of_cloudformations() -> None:
    types = {type_ for type_ in PRICED.keys() | RATES.free if not type_.startswith("Custom::")}
    assert types - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(RATES.region)) == set()


def test_every_price_names_a_source() -> None:
    assert {price.source for price in RATES.prices.values()} == RATES.sources.keys()
    assert [url for url in RATES.sources.values() if not url.startswith("https://aws.amazon.com/")] == []


def test_prices_are_looked_up_once_a_year(record_property: Callable[[str, object], None]) -> None:
    assert RATES.date <= date.today()
    if date.today() > RATES.date + timedelta(days=365):
        record_property("warning", f"costs/prices.toml is of {RATES.date}; look the prices up, then date it")


@pytest.mark.parametrize("name", RATES.month)
def test_every_assumption_counts(name: str, synthesis: Synthesis) -> None:
    doubled = replace(RATES, month={**RATES.month, name: 2 * RATES.month[name]})
    before, after = (bill.total(bill.of_templates(synthesis.directory, rates)) for rates in (RATES, doubled))
    assert after > before


@pytest.mark.full
def test_amounts_are_quantities_times_prices(bills: Mapping[str, Bill]) -> None:
    usd = RATES.usd
    assert bills["default"]["NetworkStack"]["NAT gateway"] == pytest.approx(HOURS * usd("NAT gateway"))
    assert bills["ha"]["NetworkStack"]["NAT gateway"] == pytest.approx(3 * HOURS * usd("NAT gateway"))
    assert bills["ha"]["NetworkStack"]["NAT gateway, data"] == bills["default"]["NetworkStack"]["NAT gateway, data"]
    assert bills["default"]["DataStack"]["RDS db.t4g.medium"] == pytest.approx(2 * HOURS * usd("RDS db.t4g.medium"))
    assert bills["small"]["DataStack"]["RDS db.t4g.medium"] == pytest.approx(HOURS * usd("RDS db.t4g.medium"))
    assert bills["default"]["CiStack"]["EBS gp3"] == pytest.approx((30 + 60 + 30) * usd("EBS gp3"))
    # three addresses of the load balancer
    assert bills["default"]["ProdStack"]["Public IPv4 address"] == pytest.approx(3 * HOURS * usd("Public IPv4 address"))


@pytest.mark.full
def test_nodes_are_the_cheapest_that_the_pool_allows(bills: Mapping[str, Bill]) -> None:
    for profile, node in (("default", "EC2 t4g.medium"), ("ha", "EC2 c7g.large")):
        lines = bills[profile]["ClusterStack"]
        assert lines[node] == pytest.approx(3 * HOURS * RATES.usd(node))
        assert lines["EKS Auto Mode"] == pytest.approx(lines[node] * RATES.usd("EKS Auto Mode"))


def test_as_many_nodes_are_assumed_as_a_deployment_has_pods(synthesis: Synthesis) -> None:
    pods = {item["spec"]["minReplicas"] for item in synthesis.manifests() if item["kind"] == "HorizontalPodAutoscaler"}
    assert pods == {RATES.month["nodes"]}


def test_as_many_metrics_are_paid_for_as_are_written(synthesis: Synthesis) -> None:
    written = Counter(metric.namespace for metric in Metrics(synthesis).custom)
    paid = {
        stack: round(lines["Own metrics"] / RATES.usd("Own metrics"), 6)
        for stack, lines in bill.of_templates(synthesis.directory, RATES).items()
        if "Own metrics" in lines
    }
    assert paid == {
        "CiStack": written.pop("Slipway/Hosts") + written.pop("Slipway/Pipeline"),
        "ProdStack": written.pop("Slipway/Pods") + written.pop("Slipway/Services"),
    }
    assert not written


def test_pods_logs_grow_with_what_users_ask(synthesis: Synthesis) -> None:
    doubled = replace(RATES, month={**RATES.month, "requests": 2 * RATES.month["requests"]})
    before, after = (bill.of_templates(synthesis.directory, rates)["ClusterStack"] for rates in (RATES, doubled))
    more = RATES.month["requests"] / 1_000_000 * RATES.month["pod_log_gb"]
    assert more > 5
    assert after["Logs, taken in"] - before["Logs, taken in"] == pytest.approx(more * RATES.usd("Logs, taken in"))


def test_the_one_function_with_a_schedule_is_paid_for_each_minute(synthesis: Synthesis) -> None:
    rules = [rule["Properties"] for _, _, rule in synthesis.resources("AWS::Events::Rule")]
    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == ["rate(1 minute)"]
    still = replace(RATES, month={**RATES.month, "watch_seconds": 0})
    with_it, without = (
        bill.of_templates(synthesis.directory, rates)["ProdStack"]["Lambda"] for rates in (RATES, still)
    )
    seconds = RATES.month["watch_seconds"] * HOURS * 60
    assert with_it - without == pytest.approx(seconds * 256 / 1024 * RATES.usd("Lambda"))


@pytest.mark.full
def test_the_profiles_are_as_dear_as_they_are_called(bills: Mapping[str, Bill]) -> None:
    assert bill.total(bills["small"]) < bill.total(bills["default"]) < bill.total(bills["ha"])


@pytest.mark.full
@pytest.mark.parametrize("profile", PROFILES)
def test_a_month_as_assumed_does_not_wake_the_budget(profile: str, bills: Mapping[str, Bill]) -> None:
    budget = Settings.from_context({"profile": profile}).budget
    assert budget is not None
    assert 0.6 * budget < bill.total(bills[profile]) < 0.8 * budget  # at four fifths it tells


@pytest.mark.full
@pytest.mark.parametrize("profile", PROFILES)
def test_alarms_and_dashboards_cost_less_than_fifteen_dollars(profile: str, bills: Mapping[str, Bill]) -> None:
    watching = ("Alarms", "Composite alarms", "Dashboards", "Own metrics")
    assert 0 < sum(lines.get(what, 0) for lines in bills[profile].values() for what in watching) < 15


@pytest.mark.full
def test_the_readme_shows_what_the_templates_cost(bills: Mapping[str, Bill]) -> None:
    text = tables.README.read_text("utf-8")
    assert tables.renewed(text, tables.by_stack(bills)) == text, "stale; renew it: make docs"


@pytest.mark.full
def test_bills_are_printed_within_two_seconds_with_every_line_and_assumption(folders: Mapping[str, Path]) -> None:
    begin = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "costs", *folders.values()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert monotonic() - begin < 2
    for said in (
        *RATES.meanings.values(),
        "ClusterStack",
        "NAT gateway (0.05 a hour)",
        f"{RATES.region}, {RATES.date}",
    ):
        assert said in done.stdout
    assert "RDS db.t4g.medium (~0.073 a hour)" in done.stdout


def test_a_folder_without_stacks_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "costs", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"slipway: {tmp_path} holds no synthesised stacks: run `make synth` first\n",
    )
