"""How long the synthesis of all stacks takes, against an app that defines next to nothing."""

import shutil
import subprocess
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks import BenchmarkError
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from rehearsal import ROOT
from rehearsal.steps import say

TITLE = "Synthesis of all stacks"
ABOUT = """\
`cdk synth` of the whole platform, as `make synth` runs it, and of an app with the same imports that defines next to
nothing, in turns. The second is what the CDK itself takes to start: command line, Node, Python and their modules."""

_APPS = {"all stacks": "python app.py", "empty app": "python -m benchmarks.empty_app"}
_FACTOR, _SECONDS = 1.3, 6


def measure(plan: Plan, home: Path) -> Findings:
    """Synthesise both apps as often as planned.

    Raises:
        BenchmarkError: there is no CDK command line, or an app does not synthesise.
    """
    if not shutil.which("cdk"):
        raise BenchmarkError("no CDK command line here; make bench installs it")
    seconds: dict[str, list[float]] = {name: [] for name in _APPS}
    for turn in range(1, plan.rounds + 1):
        for name, app in _APPS.items():
            seconds[name].append(_synthesise(app, home / name))
            say(f"    {turn}/{plan.rounds} {name:<36} {seconds[name][-1]:>6.2f} s")
    return findings(all_stacks=seconds["all stacks"], empty=seconds["empty app"])


def findings(*, all_stacks: list[float], empty: list[float]) -> Findings:
    """Return what the seconds of all turns come to."""
    rows = [
        [name, number(median(taken)), number(min(taken)), number(max(taken))]
        for name, taken in {"all stacks": all_stacks, "empty app": empty}.items()
    ]
    limit = round(_FACTOR * median(empty) + _SECONDS, 2)
    what = f"synthesis of all stacks, against {_FACTOR:g} times an empty app's and {_SECONDS} s"
    return Findings(
        tables=[Table(["seconds", "median", "least", "most"], rows)], bars=[Bar(what, median(all_stacks), limit, "s")]
    )


def _synthesise(app: str, output: Path) -> float:
    """Synthesise an app from nothing; return the seconds that it took."""
    shutil.rmtree(output, ignore_errors=True)
    command = ["cdk", "synth", "--quiet", "--app", app, "--output", str(output)]
    begin = monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    taken = monotonic() - begin
    if done.returncode:
        raise BenchmarkError(f"{app} does not synthesise:\n{done.stderr.strip()}")
    return taken
