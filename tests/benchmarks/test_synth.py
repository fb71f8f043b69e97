"""The synthesis is judged by medians, against what an empty app takes here."""

from pathlib import Path

import pytest

from benchmarks import BenchmarkError, synth
from benchmarks.plan import QUICK


@pytest.mark.parametrize(("all_stacks", "met"), [([8.5, 90.0, 8.0], True), ([8.7, 1.0, 9.0], False)])
def test_the_median_may_be_thirteen_tenths_of_the_empty_apps_and_six_seconds(
    all_stacks: list[float], met: bool
) -> None:
    (bar,) = synth.findings(all_stacks=all_stacks, empty=[2.0, 1.0, 50.0]).bars
    assert bar.limit == 8.6
    assert bar.is_met is met


def test_without_a_command_line_nothing_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BenchmarkError, match="no CDK command line here"):
        synth.measure(QUICK, tmp_path)
