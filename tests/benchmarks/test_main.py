"""The command line: a benchmark reports; only a strict one fails."""

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report import Bar, Findings
from rehearsal import RehearsalError

MET, MISSED = Bar("met", 5, 5, at_least=True), Bar("missed", 4, 5, at_least=True)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the report is written, and let nothing be known of the machine."""
    monkeypatch.setattr(command, "_RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr("benchmarks.machine.describe", list)
    return tmp_path / "RESULTS.md"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what is printed."""
    lines: list[str] = []
    monkeypatch.setattr(command, "say", lines.append)
    return lines


def offer(monkeypatch: pytest.MonkeyPatch, *bars: Bar, error: str = "") -> list[Plan]:
    """Make `speed` the only part, which finds these bars or fails; return the list of the plans it is given."""
    plans: list[Plan] = []

    def measure(plan: Plan, _: Path) -> Findings:
        plans.append(plan)
        if error:
            raise RehearsalError(error)
        return Findings(bars=bars)

    monkeypatch.setattr(command, "PARTS", {"speed": command.Part("Speed", "What was done.", measure)})
    return plans


def test_a_whole_run_writes_the_report(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = offer(monkeypatch, MET)
    assert command.main([]) == 0
    assert plans == [FULL]
    assert "| met | 5.00 | at least 5 | yes |" in results.read_text()


@pytest.mark.parametrize("arguments", [["--quick"], ["speed"]])
def test_a_short_or_partial_run_only_shows_it(
    arguments: list[str], results: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = offer(monkeypatch, MET)
    assert command.main(arguments) == 0
    assert plans == [QUICK if "--quick" in arguments else FULL]
    assert "| met | 5.00 | at least 5 | yes |" in "\n".join(said)
    assert not results.exists()


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(("bars", "strict"), [([MET], 0), ([MET, MISSED], 1)])
def test_a_missed_bar_fails_a_strict_run_alone(bars: list[Bar], strict: int, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, *bars)
    assert command.main([]) == 0
    assert command.main(["--strict"]) == strict


def test_what_cannot_be_measured_is_told_in_one_line(
    results: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, error="the backend did not start; its last lines:\nat /some/path")
    assert command.main(["--strict"]) == 1
    assert "Not measured: the backend did not start" in results.read_text()
    assert "/some/path" not in results.read_text()
    assert "/some/path" in "\n".join(said)


@pytest.mark.usefixtures("results")
def test_an_unknown_part_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    offer(monkeypatch, MET)
    with pytest.raises(SystemExit):
        command.main(["spede"])
    assert "no part is called spede; there are speed, pipeline, tune" in capsys.readouterr().err
