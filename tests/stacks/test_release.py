"""What the pipeline does: the app with digests instead of a working tree."""

import json

import pytest

from tests.stacks.synthesis import STACKS, Synthesis, synthesise_unchecked

RELEASE = "0123456789abcdef0123456789abcdef01234567"
IMAGES = {
    "images.backend": "registry.example.com/slipway/backend@sha256:" + "a" * 64,
    "images.frontend": "registry.example.com/slipway/frontend@sha256:" + "b" * 64,
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise_unchecked(tmp_path_factory.mktemp("release"), release=RELEASE, **IMAGES)


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_pods_run_the_digests_that_were_tested(release: Synthesis, service: str) -> None:
    (deployment,) = (
        item for item in release.manifests() if (item["kind"], item["metadata"]["name"]) == ("Deployment", service)
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == IMAGES[f"images.{service}"]


def test_the_migration_runs_the_backends_image_under_a_name_of_its_own(release: Synthesis) -> None:
    (job,) = (item for item in release.manifests() if item["kind"] == "Job")
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGES["images.backend"]
    assert job["metadata"]["name"].startswith(f"migration-{RELEASE}-")
    assert len(job["metadata"]["name"]) <= 63


def test_nothing_is_built(release: Synthesis) -> None:
    assets = json.loads((release.directory / "ProdStack.assets.json").read_text("utf-8"))
    assert assets["dockerImages"] == {}


def test_only_a_working_tree_is_warned_of(synthesis: Synthesis, release: Synthesis) -> None:
    warned = [
        "WORKING TREE" in (run.directory / "ProdStack.metadata.json").read_text("utf-8") for run in (synthesis, release)
    ]
    assert warned == [True, False]
    assert "WORKING TREE" in synthesis.messages


def test_a_release_changes_prod_stack_alone(synthesis: Synthesis, release: Synthesis) -> None:
    changed = [stack for stack in STACKS if synthesis.path(stack).read_bytes() != release.path(stack).read_bytes()]
    assert changed == ["ProdStack"]
