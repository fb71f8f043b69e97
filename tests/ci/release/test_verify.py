"""A release that serves is recorded, and one that does not is replaced by the last that did."""

import json

import pytest

from tests.ci.release.stages import (
    LAST_GOOD,
    REGISTRY,
    SETTINGS,
    candidate,
    serve_release,
)
from tests.ci.server import Server
from tests.ci.stand_in import digest_of
from tests.ci.workplace import Workplace, git

pytestmark = pytest.mark.full


def test_verify_waits_for_this_release_and_records_it(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    serve_release(deployed, server, [(200, "old"), (503, deployed.commit), (200, deployed.commit)])
    server.parameters[LAST_GOOD] = "none"

    result = deployed.run("verify", **aws)

    assert result.returncode == 0, result.stderr
    assert server.asked == 3
    assert json.loads(server.parameters[LAST_GOOD]) == {
        "release": deployed.commit,
        "images": {
            service: f"{REGISTRY}/candidate/{service}@{digest_of(candidate(deployed, service))}"
            for service in ("backend", "frontend")
        },
        "previous": "none",
    }


def test_the_record_tells_which_release_was_good_before(
    deployed: Workplace, after_a_good_one: str, server: Server, aws: dict[str, str]
) -> None:
    serve_release(deployed, server, [(200, deployed.commit)])

    for _ in range(2):  # a build may be repeated
        assert deployed.run("verify", **aws).returncode == 0
        recorded = json.loads(server.parameters[LAST_GOOD])
        assert (recorded["release"], recorded["previous"]) == (deployed.commit, after_a_good_one)


@pytest.mark.parametrize("page", [(200, "old"), (200, ""), (500, "")])
def test_verify_records_nothing_else(
    deployed: Workplace, server: Server, aws: dict[str, str], page: tuple[int, str]
) -> None:
    serve_release(deployed, server, [page])
    server.parameters[LAST_GOOD] = "none"

    result = deployed.run("verify", SLIPWAY_VERIFY_SECONDS="1", **SETTINGS, **aws)

    assert result.returncode == 1
    assert f"{page[0]} {page[1]}" in result.stderr
    assert f"expected '200 {deployed.commit}'" in result.stderr
    assert "no release is recorded as good" in result.stderr
    assert server.parameters[LAST_GOOD] == "none"
    assert server.metrics == []


def test_a_release_that_is_recorded_leaves_a_mark_on_the_dashboard(
    deployed: Workplace, server: Server, aws: dict[str, str]
) -> None:
    serve_release(deployed, server, [(200, deployed.commit)])

    assert deployed.run("verify", **aws).returncode == 0

    (told,) = server.metrics
    assert told["Namespace"] == "Slipway/Pipeline"
    assert [(item["MetricName"], item["Value"]) for item in told["MetricData"]] == [("Releases", 1)]


def test_a_release_is_good_without_its_mark(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    serve_release(deployed, server, [(200, deployed.commit)])

    result = deployed.run("verify", **{**aws, "AWS_ENDPOINT_URL_CLOUDWATCH": "http://127.0.0.1:9"})

    assert result.returncode == 0
    assert "CloudWatch could not be told Releases" in result.stderr
    assert deployed.commit in server.parameters[LAST_GOOD]


def test_a_release_that_cannot_be_recorded_fails(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    serve_release(deployed, server, [(200, deployed.commit)])

    result = deployed.run("verify", **{**aws, "AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:9"})

    assert result.returncode == 1
    assert f"the last good release cannot be recorded in {LAST_GOOD}" in result.stderr


@pytest.fixture
def after_a_good_one(deployed: Workplace, server: Server, aws: dict[str, str]) -> str:
    """The commit of a verified release, after which another one is deployed."""
    serve_release(deployed, server, [(200, deployed.commit)])
    assert deployed.run("verify", **aws).returncode == 0
    good = deployed.commit
    git(deployed.root, "commit", "--quiet", "--allow-empty", "--message", "a bad one")
    deployed.commit = git(deployed.root, "rev-parse", "HEAD")
    for script in ("push", "plan", "deploy"):
        assert deployed.run(script, **SETTINGS).returncode == 0
    (deployed.tools / "calls.jsonl").unlink()
    return good


def test_a_release_that_does_not_serve_is_replaced_by_the_last_good_one(
    deployed: Workplace, after_a_good_one: str, server: Server, aws: dict[str, str]
) -> None:
    serve_release(deployed, server, [(500, deployed.commit)])

    result = deployed.run("verify", SLIPWAY_VERIFY_SECONDS="1", BRANCH_NAME="main", **SETTINGS, **aws)

    assert result.returncode == 1, "the release is bad all the same"
    assert f"{after_a_good_one} is deployed again" in result.stdout
    assert "expected '200" in result.stderr
    (synthesis,) = deployed.called("cdk", "synth")
    assert f"release={after_a_good_one}" in synthesis
    for service in ("backend", "frontend"):
        digest = digest_of(f"{REGISTRY}/candidate/{service}:{after_a_good_one}")
        assert f"images.{service}={REGISTRY}/{service}@{digest}" in synthesis
    assert len(deployed.called("cdk", "deploy", "ProdStack")) == 1
    assert not deployed.called("skopeo", "copy"), "it is released already"
    assert after_a_good_one in server.parameters[LAST_GOOD]
    assert not (deployed.root / ".slipway/last-good").exists()
    assert git(deployed.root, "worktree", "list").count("\n") == 0


@pytest.mark.usefixtures("after_a_good_one")
def test_a_roll_back_that_fails_says_so(deployed: Workplace, aws: dict[str, str]) -> None:
    deployed.order((["cdk", "deploy"], "fail"))
    (deployed.root / ".slipway/last-good/left").mkdir(parents=True)  # by a roll-back that was killed

    result = deployed.run("roll-back", **SETTINGS, **aws)

    assert result.returncode != 0
    assert deployed.called("cdk", "deploy")
    assert "is deployed again" not in result.stdout
    assert not (deployed.root / ".slipway/last-good").exists()


def test_a_release_is_not_rolled_back_to_itself(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    serve_release(deployed, server, [(200, deployed.commit)])
    deployed.run("verify", **aws)

    result = deployed.run("roll-back", **SETTINGS, **aws)

    assert result.returncode == 1
    assert "the last good release is this very one" in result.stderr


@pytest.mark.parametrize("value", ["something", '{"release": 1}', "[]"])
def test_a_record_of_something_else_is_no_release(
    deployed: Workplace, server: Server, aws: dict[str, str], value: str
) -> None:
    server.parameters[LAST_GOOD] = value

    result = deployed.run("roll-back", **SETTINGS, **aws)

    assert result.returncode == 1
    assert result.stderr.startswith(f"{LAST_GOOD} holds no record of a release")
    assert result.stderr.count("\n") == 1
