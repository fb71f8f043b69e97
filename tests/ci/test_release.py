import json
from pathlib import Path

import pytest

from tests.ci.conftest import Server, Workplace
from tests.ci.stand_in import digest_of

REGISTRY = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/slipway"
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


@pytest.mark.parametrize("script", ["push", "deploy", "verify"])
def test_only_a_commit_is_released(workplace: Workplace, script: str) -> None:
    (workplace.root / "new.txt").write_text("")

    result = workplace.run(script, **SETTINGS)

    assert result.returncode == 1
    assert result.stderr.startswith(f"ci/{script}: the working tree has changes")
    assert workplace.calls == []


def test_deploy_copies_the_tested_digests_and_passes_them_to_prodstack(pushed: Workplace) -> None:
    assert pushed.run("deploy", **SETTINGS).returncode == 0

    (deployment,) = pushed.called("cdk", "deploy")
    assert deployment[:6] == ["cdk", "deploy", "ProdStack", "--exclusively", "--require-approval", "never"]
    assert f"release={pushed.commit}" in deployment
    for service in ("backend", "frontend"):
        digest = digest_of(candidate(pushed, service))
        assert pushed.registry[f"{REGISTRY}/{service}:{pushed.commit}"] == digest
        assert f"images.{service}={REGISTRY}/{service}@{digest}" in deployment
        (copy,) = pushed.called("skopeo", "copy", f"candidate/{service}@{digest}")
        assert "--preserve-digests" in copy


def test_deploy_installs_the_pinned_cdk_first(pushed: Workplace) -> None:
    pushed.run("deploy", **SETTINGS)

    assert [call[0] for call in pushed.calls[-2:]] == ["make", "cdk"]


def test_deploy_again_copies_nothing(pushed: Workplace) -> None:
    pushed.run("deploy", **SETTINGS)
    pushed.run("deploy", **SETTINGS)

    assert len(pushed.called("skopeo", "copy")) == 2
    assert len(pushed.called("cdk", "deploy")) == 2


def test_deploy_refuses_a_release_that_is_another_image(pushed: Workplace) -> None:
    pushed.registry = {**pushed.registry, f"{REGISTRY}/frontend:{pushed.commit}": digest_of("another")}

    result = pushed.run("deploy", **SETTINGS)

    assert result.returncode == 1
    assert f"{REGISTRY}/frontend:{pushed.commit} is another image than the tested" in result.stderr
    assert not pushed.called("cdk")


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
def test_deploy_trusts_no_line_of_the_test_host(pushed: Workplace, line: str) -> None:
    backend = images_file(pushed).read_text().splitlines()[0]
    images_file(pushed).write_text(f"{backend}\n{line}\n")

    result = pushed.run("deploy", **SETTINGS)

    assert result.returncode == 1
    assert f"allowed is {REGISTRY}/candidate/frontend@sha256:" in result.stderr
    assert not pushed.called("cdk")
    assert not (pushed.root / "ran").exists()


@pytest.mark.parametrize("failing", [["copy", "backend"], ["make"]])
def test_deploy_changes_no_stack_after_a_failure(pushed: Workplace, failing: list[str]) -> None:
    pushed.order((failing, "fail"))

    assert pushed.run("deploy", **SETTINGS).returncode != 0
    assert not pushed.called("cdk")


def test_a_failed_deployment_fails(pushed: Workplace) -> None:
    pushed.order((["cdk", "deploy"], "fail"))

    assert pushed.run("deploy", **SETTINGS).returncode != 0


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("push", "SLIPWAY_CANDIDATE_REGISTRY"),
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


@pytest.fixture
def deployed(pushed: Workplace, server: Server) -> Workplace:
    """A workplace whose release `server` serves."""
    assert pushed.run("deploy", **SETTINGS).returncode == 0
    outputs = pushed.root / ".slipway/release/outputs.json"
    outputs.write_text(json.dumps({"ProdStack": {"ApplicationUrl": f"{server.url}/"}}))
    return pushed


@pytest.mark.full
def test_verify_waits_for_this_release_and_records_it(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.pages = [(200, "old"), (503, deployed.commit), (200, deployed.commit)]

    result = deployed.run("verify", **aws)

    assert result.returncode == 0, result.stderr
    assert server.asked == 3
    assert json.loads(server.parameters["/slipway/release/last-good"]) == {
        "release": deployed.commit,
        "images": {
            service: f"{REGISTRY}/candidate/{service}@{digest_of(candidate(deployed, service))}"
            for service in ("backend", "frontend")
        },
    }


@pytest.mark.full
@pytest.mark.parametrize("page", [(200, "old"), (200, ""), (500, "")])
def test_verify_records_nothing_else(
    deployed: Workplace, server: Server, aws: dict[str, str], page: tuple[int, str]
) -> None:
    server.pages = [page]

    result = deployed.run("verify", SLIPWAY_VERIFY_SECONDS="1", **aws)

    assert result.returncode == 1
    assert f"{page[0]} {page[1]}" in result.stderr
    assert f"expected '200 {deployed.commit}'" in result.stderr
    assert server.parameters == {}


@pytest.mark.full
def test_a_release_that_cannot_be_recorded_fails(deployed: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.pages = [(200, deployed.commit)]

    result = deployed.run("verify", **{**aws, "AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:9"})

    assert result.returncode == 1
    assert "the release could not be recorded in /slipway/release/last-good" in result.stderr
