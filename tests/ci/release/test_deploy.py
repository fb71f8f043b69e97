"""What was tested and planned is deployed, and of two pushes the newest."""

from pathlib import Path

import pytest

from tests.ci.release.stages import LAST_GOOD, REGISTRY, SETTINGS, approval_file, candidate, push_another, serve_release
from tests.ci.server import Server
from tests.ci.stand_in import digest_of
from tests.ci.workplace import Workplace, git

pytestmark = pytest.mark.full


def test_deploy_copies_the_tested_digests_and_deploys_what_was_planned(planned: Workplace) -> None:
    assert planned.run("deploy", **SETTINGS).returncode == 0

    (deployment,) = planned.called("cdk", "deploy")
    assert deployment[:5] == ["cdk", "deploy", "ProdStack", "--app", "cdk.out"]
    assert "--exclusively" in deployment
    for service in ("backend", "frontend"):
        digest = digest_of(candidate(planned, service))
        assert planned.registry[f"{REGISTRY}/{service}:{planned.commit}"] == digest
        (copy,) = planned.called("skopeo", "copy", f"candidate/{service}@{digest}")
        assert "--preserve-digests" in copy


def test_what_was_not_planned_is_not_deployed(pushed: Workplace) -> None:
    result = pushed.run("deploy", **SETTINGS)

    assert result.returncode == 1
    assert result.stderr == "ci/deploy: cdk.out/ is missing; ci/plan writes it\n"
    assert pushed.calls == []


def test_deploy_again_copies_nothing(planned: Workplace) -> None:
    planned.run("deploy", **SETTINGS)
    planned.run("deploy", **SETTINGS)

    assert len(planned.called("skopeo", "copy")) == 2
    assert len(planned.called("cdk", "deploy")) == 2


def test_deploy_refuses_a_release_that_is_another_image(planned: Workplace) -> None:
    planned.registry = {**planned.registry, f"{REGISTRY}/frontend:{planned.commit}": digest_of("another")}

    result = planned.run("deploy", **SETTINGS)

    assert result.returncode == 1
    assert f"{REGISTRY}/frontend:{planned.commit} is another image than the tested" in result.stderr
    assert not planned.called("cdk")


@pytest.mark.usefixtures("origin")
def test_the_newest_push_is_deployed(planned: Workplace) -> None:
    assert planned.run("deploy", **SETTINGS, BRANCH_NAME="main").returncode == 0

    assert len(planned.called("cdk", "deploy")) == 1


def test_a_branch_whose_name_ends_like_main_is_not_main(planned: Workplace, origin: Path) -> None:
    newest = push_another(origin)
    git(origin, "branch", "--force", "main", planned.commit)
    git(origin, "update-ref", "refs/heads/refs/heads/main", newest)

    assert planned.run("deploy", **SETTINGS, BRANCH_NAME="main").returncode == 0
    assert len(planned.called("cdk", "deploy")) == 1

    git(origin, "update-ref", "-d", "refs/heads/main")
    assert "or the branch is gone" in planned.run("deploy", **SETTINGS, BRANCH_NAME="main").stderr


def test_a_release_that_cannot_be_given_up_is_not_deployed(planned: Workplace, origin: Path) -> None:
    push_another(origin)
    (planned.root / ".slipway/release/newer.txt").mkdir()

    result = planned.run("deploy", **SETTINGS, BRANCH_NAME="main")

    assert result.returncode == 1
    assert ".slipway/release/newer.txt cannot be written" in result.stderr
    assert planned.calls == []


def test_of_two_pushes_only_the_newest_is_deployed(planned: Workplace, origin: Path) -> None:
    newest = push_another(origin)
    approval_file(planned).write_text("a release that waited earlier")

    for script in ("plan", "deploy", "verify"):
        result = planned.run(script, **SETTINGS, BRANCH_NAME="main")
        assert result.returncode == 0, result.stderr
        assert f"main is at {newest} by now" in result.stdout
    assert planned.calls == [["make", "install"]]
    assert not approval_file(planned).exists(), "nobody is asked"


def test_a_push_that_comes_during_the_deployment_leaves_it_to_be_verified(
    planned: Workplace, origin: Path, server: Server, aws: dict[str, str]
) -> None:
    assert planned.run("deploy", **SETTINGS, BRANCH_NAME="main").returncode == 0
    push_another(origin)
    serve_release(planned, server, [(200, planned.commit)])

    assert planned.run("verify", **SETTINGS, **aws, BRANCH_NAME="main").returncode == 0
    assert planned.commit in server.parameters[LAST_GOOD]


def test_without_an_answer_from_the_repository_nothing_is_deployed(planned: Workplace) -> None:
    result = planned.run("deploy", **SETTINGS, BRANCH_NAME="main")

    assert result.returncode == 1
    assert "the newest commit of main cannot be told" in result.stderr
    assert planned.calls == []


def test_deploy_changes_no_stack_after_a_failure(planned: Workplace) -> None:
    planned.order((["copy", "backend"], "fail"))

    assert planned.run("deploy", **SETTINGS).returncode != 0
    assert not planned.called("cdk")


def test_a_failed_deployment_fails_and_there_is_nothing_to_verify(planned: Workplace) -> None:
    assert planned.run("deploy", **SETTINGS).returncode == 0
    planned.order((["cdk", "deploy"], "fail"))

    assert planned.run("deploy", **SETTINGS).returncode != 0
    assert "ci/deploy and ci/push write them" in planned.run("verify", SLIPWAY_VERIFY_SECONDS="1", **SETTINGS).stderr
