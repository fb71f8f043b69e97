"""What runs, and in which order: `python -m benchmarks [PART …]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import cache, image, machine, pipeline, plan, pod, report, speed, start, synth, tune, users
from benchmarks.plan import Plan
from benchmarks.report import Findings, Section
from rehearsal import RehearsalError
from rehearsal.steps import say

_RESULTS = Path(__file__).with_name("RESULTS.md")


class Part(NamedTuple):
    """One part: its heading, what it does, and what does it."""

    title: str
    about: str
    measure: Callable[[Plan, Path], Findings]


PARTS = {
    "speed": Part(speed.TITLE, speed.ABOUT, speed.measure),
    "cache": Part(cache.TITLE, cache.ABOUT, cache.measure),
    "users": Part(users.TITLE, users.ABOUT, users.measure),
    "start": Part(start.TITLE, start.ABOUT, start.measure),
    "pod": Part(pod.TITLE, pod.ABOUT, pod.measure),
    "image": Part(image.TITLE, image.ABOUT, image.measure),
    "synth": Part(synth.TITLE, synth.ABOUT, synth.measure),
}
"""The parts of the report, in their order."""

EXTRAS = {
    "pipeline": Part(pipeline.TITLE, pipeline.ABOUT, pipeline.measure),
    "tune": Part(tune.TITLE, tune.ABOUT, tune.measure),
}
"""What runs only when it is named."""


def _run(part: Part, size: Plan) -> Section:
    """Measure one part; what cannot be measured here is said in the report, and the others go on."""
    say(f"  {part.title}")
    try:
        with TemporaryDirectory() as home:
            findings = part.measure(size, Path(home))
    except RehearsalError as error:
        say(f"    not measured: {error}")
        findings = Findings(missing=str(error).partition("\n")[0])
    return Section(part.title, part.about, findings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for, by default on the command line; return the exit status.

    Only a whole run at full length writes RESULTS.md; what others measured is shown alone.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast it is, and what it takes.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join([*PARTS, *EXTRAS])}; default: the report's"
    )
    parser.add_argument("--quick", action="store_true", help="a short run, which shows that everything works")
    parser.add_argument("--strict", action="store_true", help="fail if a bar is missed or a part not measured")
    given = parser.parse_args(arguments)
    everything = PARTS | EXTRAS
    if unknown := set(given.parts) - set(everything):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(everything)}")
    size = plan.QUICK if given.quick else plan.FULL
    sections = [_run(everything[name], size) for name in given.parts or PARTS]
    text = report.render(sections, machine.describe())
    say(f"\n{text}")
    if not (given.parts or given.quick):
        _RESULTS.write_text(text)
        say(f"Written to benchmarks/{_RESULTS.name}.")
    sound = all(
        not section.findings.missing and all(bar.is_met for bar in section.findings.bars) for section in sections
    )
    return 1 if given.strict and not sound else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("benchmarks: interrupted; nothing is left running")
