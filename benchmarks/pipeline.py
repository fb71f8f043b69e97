"""How long a push waits for its verdict: the pipeline's stages before `push`, side by side where they are so there."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from benchmarks import BenchmarkError
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number
from rehearsal import ROOT
from rehearsal.steps import say

TITLE = "From push to verdict"
ABOUT = """\
The pipeline's stages of a branch in a fresh clone of HEAD, on this machine, by Podman and on SQLite, the scanner left
out: it fetches its list from a public registry. Cold, the workspace and the engine's cache of this project's images are
empty, and only what package managers keep at home is there; warm, the same workspace builds the next commit."""

STAGES = {
    "prepare": [["make install-dev"]],
    "tests": [["make check-code"], ["make check-infrastructure"], ["ci/build", "ci/test"]],
}
"""What runs, by the Jenkinsfile: a stage's rows run side by side, and each row's commands one after the other."""

_LIMIT = 300


def measure(plan: Plan, home: Path) -> Findings:
    """Build one commit cold, and the next as often as planned.

    Raises:
        BenchmarkError: there is no Podman, or a stage fails.
    """
    if not shutil.which("podman"):
        raise BenchmarkError("no Podman here: apt-get install podman netavark aardvark-dns catatonit")
    base = _run("ci/base-image", cwd=ROOT)
    clone = home / "workspace"
    _run("git", "clone", "--quiet", str(ROOT), str(clone), cwd=ROOT)
    environment = {**os.environ, "DOCKER": "podman", "BASE_IMAGE": base, "CI": "true"}
    for name in ("VIRTUAL_ENV", "STEPS", "MAKEFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    try:
        cold = _verdict(clone, environment | {"BUILDAH_LAYERS": "false"})
        say(f"    cold {cold['verdict']:>6.1f} s")
        warm = []
        for turn in range(1, plan.rounds + 1):
            source = clone / "services/frontend/application/routes.py"
            source.write_text(f"{source.read_text()}\n\n# build {turn}\n")
            identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
            _run("git", *identity, "commit", "--quiet", "--all", "--message", "the next push", cwd=clone)
            warm.append(_verdict(clone, environment))
            say(f"    warm {turn}/{plan.rounds} {warm[-1]['verdict']:>6.1f} s")
    finally:
        _run("ci/clean", cwd=clone, environment=environment)
    return findings(cold=cold, warm=sorted(warm, key=lambda taken: taken["verdict"])[len(warm) // 2])


def findings(*, cold: dict[str, float], warm: dict[str, float]) -> Findings:
    """Return what the seconds of each command come to; `warm` is the build in the middle."""
    rows = [[name, number(cold[name]), number(warm[name])] for name in cold]
    return Findings(
        tables=[Table(["seconds", "cold", "warm"], rows)],
        bars=[Bar("from push to verdict, warm", warm["verdict"], _LIMIT, "s")],
    )


def _verdict(clone: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run all stages; return the seconds of each command, and of all."""
    seconds: dict[str, float] = {}
    begin = monotonic()

    def row(commands: list[str]) -> None:
        for command in commands:
            started = monotonic()
            _run(*command.split(), cwd=clone, environment=environment)
            seconds[command] = monotonic() - started

    for rows in STAGES.values():
        with ThreadPoolExecutor(len(rows)) as side_by_side:
            list(side_by_side.map(row, rows))
    ordered = {command: seconds[command] for rows in STAGES.values() for commands in rows for command in commands}
    return {**ordered, "verdict": monotonic() - begin}


def _run(*command: str, cwd: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
    return done.stdout.strip()
