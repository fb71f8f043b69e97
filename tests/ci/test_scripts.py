import pytest

from tests.ci.workplace import ROOT, Workplace

PIPELINE = ("build", "test", "scan", "push", "plan", "deploy", "verify", "roll-back", "report", "clean")


@pytest.mark.parametrize("script", ["bootstrap", *PIPELINE])
def test_help_is_the_head_comment(workplace: Workplace, script: str) -> None:
    result = workplace.run(script, "--help")

    first = (ROOT / "ci" / script).read_text().splitlines()[1].removeprefix("# ")
    assert result.returncode == 0
    assert result.stdout.splitlines()[0] == first
    assert "shellcheck" not in result.stdout
    assert workplace.calls == []


@pytest.mark.parametrize("script", ["bootstrap", *PIPELINE])
def test_an_unknown_argument_is_refused(workplace: Workplace, script: str) -> None:
    result = workplace.run(script, "--force")

    assert (result.returncode, result.stderr) == (1, f"ci/{script}: unknown argument --force; see ci/{script} --help\n")
    assert workplace.calls == []


def test_clean_removes_what_a_build_made_and_keeps_the_tools(workplace: Workplace) -> None:
    made = [
        workplace.root / path for path in (".slipway/release/images.env", ".slipway/reports/x", "cdk.out/x", "dist/x")
    ]
    kept = [workplace.root / path for path in (".venv/x", "node_modules/x", ".slipway/data/users.db")]
    for path in made + kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    workplace.order((["image", "rm", "frontend"], "fail"))  # as when a build ended before it made them

    assert workplace.run("clean").returncode == 0
    assert not any(path.exists() for path in made)
    assert all(path.exists() for path in kept)
    assert workplace.called("image", "rm", f"slipway/backend:{workplace.commit}")


def test_a_build_removes_its_own_images_and_none_of_another_build_of_the_commit(workplace: Workplace) -> None:
    registry = {"SLIPWAY_CANDIDATE_REGISTRY": "registry.example/candidate"}
    for number in "01":
        workplace.run("build", EXECUTOR_NUMBER=number)
    built = {call[call.index("--tag") + 1] for call in workplace.called("docker", "build")}
    assert len(built) == 8

    workplace.run("clean", **registry, EXECUTOR_NUMBER="0")

    removed = {name for call in workplace.called("image", "rm") for name in call[call.index("--force") + 1 :]}
    assert removed & built == {name for name in built if name.endswith("-0")}
    assert removed - built == {
        f"registry.example/candidate/{name}:{workplace.commit}" for name in ("backend", "frontend")
    }
