"""What a release would change, and whether a person has to approve it."""

import re
from pathlib import Path

import pytest

from tests.ci.release.stages import REGISTRY, SETTINGS, approval_file, candidate, images_file
from tests.ci.stand_in import STACKS, digest_of
from tests.ci.workplace import Workplace

pytestmark = pytest.mark.full


def diff_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/reports/diff.txt"


def test_the_plan_shows_every_stack_with_the_tested_digests(pushed: Workplace) -> None:
    assert pushed.run("plan", **SETTINGS).returncode == 0

    assert [call[:2] for call in pushed.calls[:2]] == [["make", "install"], ["cdk", "synth"]]
    (synthesis,) = pushed.called("cdk", "synth")
    assert f"release={pushed.commit}" in synthesis
    for service in ("backend", "frontend"):
        digest = digest_of(candidate(pushed, service))
        assert f"images.{service}={REGISTRY}/{service}@{digest}" in synthesis
    for comparison in pushed.called("cdk", "diff"):
        assert comparison[comparison.index("--method") + 1] == "template", "nothing is made in the account"
    assert re.findall(r"^Stack (\w+)$", diff_file(pushed).read_text(), re.MULTILINE) == STACKS


@pytest.mark.parametrize(
    ("changed", "asked"),
    [([], False), (["ProdStack"], False), (["ClusterStack"], True), (["NetworkStack", "ProdStack"], True)],
)
def test_a_change_of_the_platform_waits_for_a_person(pushed: Workplace, changed: list[str], asked: bool) -> None:
    pushed.order(*(([stack], "differ") for stack in changed))

    result = pushed.run("plan", **SETTINGS)

    assert result.returncode == 0, result.stderr
    assert approval_file(pushed).exists() is asked
    if asked:
        assert f"differs from what is deployed: {changed[0]}. Deploy it first" in approval_file(pushed).read_text()


def test_a_person_approves_every_release_where_the_settings_say_so(pushed: Workplace) -> None:
    assert pushed.run("plan", **SETTINGS, SLIPWAY_APPROVAL="always").returncode == 0

    assert approval_file(pushed).read_text() == f"Release {pushed.commit}?\n"


def test_an_approval_is_asked_for_anew(pushed: Workplace) -> None:
    pushed.order((["ClusterStack"], "differ"))
    pushed.run("plan", **SETTINGS)
    pushed.order()

    assert pushed.run("plan", **SETTINGS).returncode == 0
    assert not approval_file(pushed).exists()


@pytest.mark.parametrize("failing", [["make"], ["synth"], ["list"], ["diff", "ClusterStack"]])
def test_what_cannot_be_planned_is_not_deployed(pushed: Workplace, failing: list[str]) -> None:
    pushed.order((failing, "fail"))

    assert pushed.run("plan", **SETTINGS).returncode != 0
    assert not approval_file(pushed).exists()


@pytest.mark.parametrize(
    "line",
    [
        f"frontend=registry.example/stranger/frontend@{digest_of('x')}",
        f"frontend={REGISTRY}/candidate/frontend:latest",
        f"frontend={REGISTRY}/candidate/frontend@latest",
        f"frontend={REGISTRY}/candidate/frontend@{digest_of('x')}0",
        f"frontend={REGISTRY}/candidate/frontend@{digest_of('x')}; touch ran",
        f"frontend={REGISTRY}/candidate/backend@{digest_of('x')}",
        "frontend=$(touch ran)",
        "",
    ],
)
@pytest.mark.parametrize("script", ["plan", "deploy"])
def test_no_line_of_the_test_host_is_trusted(pushed: Workplace, script: str, line: str) -> None:
    backend = images_file(pushed).read_text().splitlines()[0]
    images_file(pushed).write_text(f"{backend}\n{line}\n")

    result = pushed.run(script, **SETTINGS)

    assert result.returncode == 1
    assert f"allowed is {REGISTRY}/candidate/frontend@sha256:" in result.stderr
    assert not pushed.called("cdk")
    assert not (pushed.root / "ran").exists()
