"""Images that passed become candidates, once a commit."""

import pytest

from tests.ci.release.stages import REGISTRY, SETTINGS, candidate, images_file
from tests.ci.stand_in import digest_of
from tests.ci.workplace import Workplace

pytestmark = pytest.mark.full


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
