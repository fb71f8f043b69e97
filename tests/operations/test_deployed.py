"""What is deployed is told from the user inwards, and what is wrong leads to a page of the runbook."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from operations import ROOT, deployed
from operations.findings import Verdict
from tests.operations.conftest import ALL_STACKS, LONG_AGO, Answer, found, resources, stacks, verdicts

GROUP = "arn:aws:elasticloadbalancing:eu-west-2:111122223333:targetgroup/targets/1"


@contextmanager
def serving(status: int, release: str, copy: str = "MISS") -> Iterator[str]:
    """Answer as a page does, and whether it is a copy; yields its URL."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("X-Release", release)
            self.send_header("X-Cache", copy)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("UPDATE_COMPLETE", Verdict.OK),
        ("UPDATE_ROLLBACK_COMPLETE", Verdict.WARN),
        ("UPDATE_IN_PROGRESS", Verdict.WARN),
        ("UPDATE_ROLLBACK_FAILED", Verdict.FAIL),
        ("ROLLBACK_COMPLETE", Verdict.FAIL),
    ],
)
def test_a_stack_is_judged_by_how_it_was_left(status: str, verdict: Verdict) -> None:
    seen = verdicts(found(deployed.stacks, {"cloudformation": [stacks("ProdStack", status=status)]}))
    assert list(seen) == list(ALL_STACKS)
    assert (seen["ProdStack"], seen["CiStack"]) == (verdict, Verdict.WARN)


def test_a_region_without_any_of_the_stacks_fails_once_and_is_named() -> None:
    (finding,) = found(deployed.stacks, {"cloudformation": [stacks("SomebodyElses")]})
    assert (finding.verdict, finding.seen) == (Verdict.FAIL, "none is deployed in eu-west-2")
    assert "another region" in finding.advice


def last_good(value: str) -> Answer:
    return Answer("get_parameter", {"Parameter": {"Value": value}})


@pytest.mark.parametrize(
    ("recorded", "status", "served", "copy", "verdict"),
    [
        ('{"release": "one"}', 200, "one", "HIT", Verdict.OK),
        ('{"release": "one"}', 200, "two", "HIT", Verdict.WARN),
        ("none", 200, "one", "UPDATING", Verdict.OK),
        ('{"release": "one"}', 503, "one", "MISS", Verdict.FAIL),
        ('{"release": "one"}', 200, "one", "STALE", Verdict.FAIL),
    ],
)
def test_the_page_is_asked_for_and_compared_with_the_last_good_release(
    recorded: str, status: int, served: str, copy: str, verdict: Verdict
) -> None:
    with serving(status, served, copy) as url:
        prod = stacks("ProdStack", outputs=[("ApplicationUrl", url)])
        seen = found(deployed.release, {"ssm": [last_good(recorded)], "cloudformation": [prod]})
    assert verdicts(seen) == {"last good release": Verdict.OK, "page": verdict}
    assert f"{status} from release {served}" in seen[1].seen


def test_a_page_that_does_not_answer_fails() -> None:
    with serving(200, "one") as url:
        pass
    prod = stacks("ProdStack", outputs=[("ApplicationUrl", url)])
    seen = found(deployed.release, {"ssm": [last_good("none")], "cloudformation": [prod]})
    assert verdicts(seen)["page"] == Verdict.FAIL


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (["healthy", "healthy", "initial"], Verdict.OK),
        (["healthy", "unhealthy"], Verdict.WARN),
        (["unhealthy"], Verdict.FAIL),
        ([], Verdict.FAIL),
    ],
)
def test_targets_are_counted(states: list[str], verdict: Verdict) -> None:
    told = [{"Target": {"Id": "10.40.0.1"}, "TargetHealth": {"State": state}} for state in states]
    group = resources("AWS::ElasticLoadBalancingV2::TargetGroup", EntryPointTargets=GROUP)
    (finding,) = found(
        deployed.targets,
        {
            "cloudformation": [stacks("ProdStack"), group],
            "elbv2": [Answer("describe_target_health", {"TargetHealthDescriptions": told})],
        },
    )
    assert finding.verdict == verdict


def test_targets_whose_group_is_gone_fail() -> None:
    group = resources("AWS::ElasticLoadBalancingV2::TargetGroup", EntryPointTargets=GROUP)
    gone = Answer("describe_target_health", refusal="TargetGroupNotFound")
    answers = {"cloudformation": [stacks("ProdStack"), group], "elbv2": [gone]}
    assert verdicts(found(deployed.targets, answers)) == {"targets": Verdict.FAIL}


@pytest.mark.parametrize(
    ("status", "minutes", "expected"),
    [
        ("available", 5, [Verdict.OK, Verdict.OK]),
        ("available", 30, [Verdict.OK, Verdict.WARN]),
        ("storage-full", 5, [Verdict.FAIL, Verdict.OK]),
    ],
)
def test_the_database_and_until_when_it_can_be_restored(status: str, minutes: int, expected: list[Verdict]) -> None:
    told = {
        "DBInstanceStatus": status,
        "Engine": "mariadb",
        "LatestRestorableTime": datetime.now(UTC) - timedelta(minutes=minutes),
    }
    answers = {
        "cloudformation": [stacks("DataStack")],
        "rds": [Answer("describe_db_instances", {"DBInstances": [told]})],
    }
    assert [finding.verdict for finding in found(deployed.database, answers)] == expected


@pytest.mark.parametrize(
    "answer",
    [
        Answer("describe_db_instances", refusal="DBInstanceNotFound"),
        Answer("describe_db_instances", {"DBInstances": []}),
    ],
    ids=["refused", "empty"],
)
def test_a_database_that_is_gone_though_its_stack_is_there_fails(answer: Answer) -> None:
    (finding,) = found(deployed.database, {"cloudformation": [stacks("DataStack")], "rds": [answer]})
    assert (finding.verdict, finding.seen) == (Verdict.FAIL, "slipway-production is not there")
    assert finding.advice.startswith("docs/runbook/database-restore.md")


def node(state: str) -> dict[str, Any]:
    return {
        "InstanceType": "t4g.medium",
        "State": {"Name": state},
        "Placement": {"AvailabilityZone": "eu-west-2a"},
    }


@pytest.mark.parametrize(
    ("status", "issues", "nodes", "expected"),
    [
        ("ACTIVE", [], ["running"], [Verdict.OK, Verdict.OK]),
        ("UPDATING", [], ["running"], [Verdict.WARN, Verdict.OK]),
        ("ACTIVE", [{"message": "no addresses"}], ["terminated"], [Verdict.FAIL, Verdict.FAIL]),
    ],
)
def test_the_cluster_and_its_nodes(
    status: str, issues: list[dict[str, str]], nodes: list[str], expected: list[Verdict]
) -> None:
    told = {"status": status, "version": "1.36", "health": {"issues": issues}}
    answers = {
        "cloudformation": [stacks("ClusterStack")],
        "eks": [Answer("describe_cluster", {"cluster": told})],
        "ec2": [Answer("describe_instances", {"Reservations": [{"Instances": [node(state) for state in nodes]}]})],
    }
    assert [finding.verdict for finding in found(deployed.cluster, answers)] == expected


def test_a_cluster_that_is_gone_though_its_stack_is_there_fails() -> None:
    gone = Answer("describe_cluster", refusal="ResourceNotFoundException")
    (finding,) = found(deployed.cluster, {"cloudformation": [stacks("ClusterStack")], "eks": [gone]})
    assert (finding.verdict, finding.seen) == (Verdict.FAIL, "slipway is not there")
    assert finding.advice.startswith("docs/runbook/cluster-upgrade.md")


def test_what_may_not_be_looked_at_is_not_taken_for_gone() -> None:
    refused = Answer("describe_db_instances", refusal="AccessDenied")
    (finding,) = found(deployed.database, {"cloudformation": [stacks("DataStack")], "rds": [refused]})
    assert (finding.verdict, "cannot look" in finding.seen) == (Verdict.WARN, True)


def counted(*values: float) -> Answer:
    points = [
        {"Timestamp": LONG_AGO + timedelta(minutes=5 * number), "Minimum": value} for number, value in enumerate(values)
    ]
    return Answer("get_metric_statistics", {"Datapoints": points})


@pytest.mark.parametrize(
    ("wanted", "missing", "verdict"),
    [
        (counted(9), counted(4, 0), Verdict.OK),
        (counted(9), counted(0, 2), Verdict.FAIL),
        (counted(), counted(), Verdict.WARN),
    ],
    ids=["all serve now", "some do not", "nobody counts"],
)
def test_the_newest_count_of_pods_decides(wanted: Answer, missing: Answer, verdict: Verdict) -> None:
    (finding,) = found(deployed.pods, {"cloudformation": [stacks("ProdStack")], "cloudwatch": [wanted, missing]})
    assert finding.verdict == verdict


def test_every_page_that_is_advised_exists() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "operations").glob("*.py"))
    named = set(re.findall(r"(?:docs/runbook|\{_PAGES\})/([\w-]+\.md)(?:#([\w-]+))?", text))
    assert len(named) > 5
    for page, anchor in named:
        headings = re.findall(r"^#+ (.*)$", (ROOT / "docs/runbook" / page).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_the_record_is_read_as_the_pipeline_writes_it() -> None:
    """`ci/last_good.py` writes it."""
    written = json.dumps({"release": "a" * 40, "images": {"backend": "b"}, "previous": "none"})
    seen = found(deployed.release, {"ssm": [last_good(written)], "cloudformation": [stacks()]})
    assert [finding.seen for finding in seen] == ["a" * 40]
