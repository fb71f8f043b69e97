"""From the tested images to a release that serves, or back: the scripts, with AWS and the registry stood in for."""

import json
import re
from pathlib import Path

import pytest

from tests.ci.conftest import Server, Workplace, git
from tests.ci.stand_in import STACKS, digest_of

pytestmark = pytest.mark.full

REGISTRY = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/slipway"
LAST_GOOD = "/slipway/release/last-good"
SETTINGS = {"SLIPWAY_CANDIDATE_REGISTRY": f"{REGISTRY}/candidate", "SLIPWAY_RELEASE_REGISTRY": REGISTRY}


def candidate(workplace: Workplace, service: str) -> str:
    return f"{REGISTRY}/candidate/{service}:{workplace.commit}"


def images_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/release/images.env"


@pytest.fixture
def pushed(workplace: Workplace) -> Workplace:
    """A workplace whose images are candidates."""
    assert workplace.run("push", **SETTINGS).returncode == 0
    (workplace.tools / "calls.jsonl").unlink()
    return workplace


def test_push_uploads_what_was_built_and_notes_the_digests(workplace: Workplace) -> None:
    assert workplace.run("push", **SETTINGS).returncode == 0

    for service in ("backend", "frontend"):
        assert [
            "docker",
            "tag",
            f"slipway/{service}:{workplace.commit}",
            candidate(workplace, service),
        ] in workplace.calls
    assert images_file(workplace).read_text().splitlines() == [
        f"{service}={REGISTRY}/candidate/{service}@{digest_of(candidate(workplace, service))}"
        for service in ("backend", "frontend")
    ]


def test_push_reuses_the_images_of_a_commit(workplace: Workplace) -> None:
    workplace.registry = {candidate(workplace, service): digest_of("earlier") for service in ("backend", "frontend")}

    assert workplace.run("push", **SETTINGS).returncode == 0
    assert {call[0] for call in workplace.calls} == {"skopeo"}
    assert images_file(workplace).read_text().count(digest_of("earlier")) == 2


def test_a_failed_push_leaves_nothing_for_the_deployment(pushed: Workplace) -> None:
    pushed.registry = {}
    pushed.order((["push", "frontend"], "fail"))

    assert pushed.run("push", **SETTINGS).returncode != 0
    assert not images_file(pushed).exists()


@pytest.mark.parametrize("script", ["push", "plan", "deploy", "verify"])
def test_only_a_commit_is_released(workplace: Workplace, script: str) -> None:
    (workplace.root / "new.txt").write_text("")

    result = workplace.run(script, **SETTINGS)

    assert result.returncode == 1
    assert result.stderr.startswith(f"ci/{script}: the working tree has changes")
    assert workplace.calls == []


def diff_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/reports/diff.txt"


def approval_file(workplace: Workplace) -> Path:
    return workplace.root / ".slipway/release/approval.txt"


def test_the_plan_shows_every_stack_with_the_tested_digests(pushed: Workplace) -> None:
    assert pushed.run("plan", **SETTINGS).returncode == 0

    assert [call[:2] for call in pushed.calls[:2]] == [["make", "install"], ["cdk", "synth"]]
    (synthesis,) = pushed.called("cdk", "synth")
    assert f"release={pushed.commit}" in synthesis
    for service in ("backend", "frontend"):
        digest = digest_of(candidate(pushed, service))
        assert f"images.{service}={REGISTRY}/{service}@{digest}" in synthesis
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


@pytest.fixture
def planned(pushed: Workplace) -> Workplace:
    """A workplace whose deployment is planned."""
    assert pushed.run("plan", **SETTINGS).returncode == 0
    (pushed.tools / "calls.jsonl").unlink()
    return pushed


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


@pytest.fixture
def origin(planned: Workplace, tmp_path: Path) -> Path:
    """The repository that the workplace was cloned from; its main branch is at the workplace's commit."""
    bare = tmp_path / "origin.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(planned.root), str(bare))
    git(bare, "branch", "--force", "main", planned.commit)
    git(planned.root, "remote", "add", "origin", str(bare))
    return bare


def push_another(origin: Path) -> str:
    """Push another commit to main, from another clone, and return it."""
    other = origin.parent / "other"
    git(origin.parent, "clone", "--quiet", "--branch", "main", str(origin), str(other))
    git(other, "commit", "--quiet", "--allow-empty", "--message", "another")
    git(other, "push", "--quiet", "origin", "main")
    return git(other, "rev-parse", "HEAD")


@pytest.mark.usefixtures("origin")
def test_the_newest_push_is_deployed(planned: Workplace) -> None:
    assert planned.run("deploy", **SETTINGS, BRANCH_NAME="main").returncode == 0

    assert len(planned.called("cdk", "deploy")) == 1


def test_of_two_pushes_only_the_newest_is_deployed(planned: Workplace, origin: Path) -> None:
    newest = push_another(origin)

    for script in ("plan", "deploy", "verify"):
        result = planned.run(script, **SETTINGS, BRANCH_NAME="main")
        assert result.returncode == 0, result.stderr
        assert f"main is at {newest} by now" in result.stdout
    assert planned.calls == []


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


@pytest.mark.parametrize(
    "line",
    [
        f"frontend=registry.example/stranger/frontend@{digest_of('x')}",
        f"frontend={REGISTRY}/candidate/frontend:latest",
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


def test_deploy_changes_no_stack_after_a_failure(planned: Workplace) -> None:
    planned.order((["copy", "backend"], "fail"))

    assert planned.run("deploy", **SETTINGS).returncode != 0
    assert not planned.called("cdk")


def test_a_failed_deployment_fails_and_there_is_nothing_to_verify(planned: Workplace) -> None:
    planned.order((["cdk", "deploy"], "fail"))

    assert planned.run("deploy", **SETTINGS).returncode != 0
    assert "ci/deploy and ci/push write them" in planned.run("verify", **SETTINGS).stderr


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("push", "SLIPWAY_CANDIDATE_REGISTRY"),
        ("plan", "SLIPWAY_CANDIDATE_REGISTRY"),
        ("plan", "SLIPWAY_RELEASE_REGISTRY"),
        ("deploy", "SLIPWAY_CANDIDATE_REGISTRY"),
        ("deploy", "SLIPWAY_RELEASE_REGISTRY"),
    ],
)
def test_a_missing_setting_is_one_clear_line(workplace: Workplace, script: str, name: str) -> None:
    result = workplace.run(script, **{key: value for key, value in SETTINGS.items() if key != name})

    assert result.returncode == 1
    assert result.stderr.startswith(f"ci/{script}: {name} is not set; it is the registry")
    assert result.stderr.count("\n") == 1
    assert workplace.calls == []


def serve_release(workplace: Workplace, server: Server, pages: list[tuple[int, str]]) -> None:
    """Have `server` be what the deployment has made."""
    server.pages = pages
    outputs = workplace.root / ".slipway/release/outputs.json"
    outputs.write_text(json.dumps({"ProdStack": {"ApplicationUrl": f"{server.url}/"}}))


@pytest.fixture
def deployed(planned: Workplace) -> Workplace:
    """A workplace whose release is deployed."""
    assert planned.run("deploy", **SETTINGS).returncode == 0
    return planned


def test_verify_waits_for_this_release_and_records_it(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    serve_release(deployed, server, [(200, "old"), (503, deployed.commit), (200, deployed.commit)])

    result = deployed.run("verify", **aws)

    assert result.returncode == 0, result.stderr
    assert server.asked == 3
    assert json.loads(server.parameters[LAST_GOOD]) == {
        "release": deployed.commit,
        "images": {
            service: f"{REGISTRY}/candidate/{service}@{digest_of(candidate(deployed, service))}"
            for service in ("backend", "frontend")
        },
    }


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

    result = deployed.run("roll-back", **SETTINGS, **aws)

    assert result.returncode != 0
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
