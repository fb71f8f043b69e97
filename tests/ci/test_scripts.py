import pytest

from tests.ci.conftest import ROOT, Workplace

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
