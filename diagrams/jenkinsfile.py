"""The Jenkinsfile as a tree, read by the Groovy that Jenkins runs."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diagrams import ROOT, DiagramError

_READER = Path(__file__).with_suffix(".groovy")
BUILDS = {
    "main": {"BRANCH_NAME": "main"},
    "branch": {"BRANCH_NAME": "feature"},
    "pull request": {"BRANCH_NAME": "PR-1", "CHANGE_ID": "1", "CHANGE_TARGET": "main"},
    "fork": {"BRANCH_NAME": "PR-2", "CHANGE_ID": "2", "CHANGE_TARGET": "main", "CHANGE_FORK": "stranger"},
}

Node = dict[str, Any]


def read() -> dict[str, Node]:
    """Return the pipeline as each build finds it.

    Raises:
        DiagramError: Groovy is not here, or cannot read it.
    """
    try:
        command = ["groovy", str(_READER), str(ROOT / "Jenkinsfile"), json.dumps(BUILDS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    except FileNotFoundError:
        raise DiagramError("no Groovy here, which reads the Jenkinsfile: apt-get install groovy") from None
    if done.returncode:
        raise DiagramError(f"the Jenkinsfile cannot be read: {done.stderr.strip()}")
    trees: dict[str, list[Node]] = json.loads(done.stdout)
    return {build: tree for build, (tree,) in trees.items()}


def held(node: Node, name: str) -> list[Node]:
    """Return the calls of that name that stand directly in a node's block."""
    return [inner for inner in node.get("holds", []) if inner["name"] == name]


def within(node: Node) -> Iterator[Node]:
    """Yield a node and all that it holds, at any depth."""
    yield node
    for inner in node.get("holds", []):
        yield from within(inner)


def stages(node: Node) -> list[Node]:
    """Return the stages directly within a stage or the pipeline, side by side or one after the other."""
    return [stage for block in (*held(node, "stages"), *held(node, "parallel")) for stage in held(block, "stage")]


def runs(stage: Node, build: dict[str, str]) -> bool:
    """Answer the stage's `when`.

    Raises:
        DiagramError: it asks what is not known here.
    """
    for condition in (inner for when in held(stage, "when") for inner in when["holds"]):
        match condition["name"]:
            case "beforeAgent":
                pass
            case "branch":
                if build["BRANCH_NAME"] != condition["arguments"][0]:
                    return False
            case "expression":
                if not condition["value"]:
                    return False
            case unknown:
                raise DiagramError(f"a stage asks {unknown!r}, which diagrams/jenkinsfile.py does not know")
    return True


def leaves(node: Node, build: str, agent: str = "none", wanted: bool = True) -> Iterator[tuple[str, str, bool, Node]]:
    """Yield each stage that has steps: its name, agent, whether the build runs it, and itself."""
    for stage in stages(node):
        own = [label["arguments"][0] for block in held(stage, "agent") for label in held(block, "label")]
        where, runs_here = (own or [agent])[0], wanted and runs(stage, BUILDS[build])
        if held(stage, "steps"):
            yield stage["arguments"][0], where, runs_here, stage
        yield from leaves(stage, build, where, runs_here)


def minutes(stage: Node) -> int:
    """Return a stage's own time-out."""
    (timeout,) = [found for options in held(stage, "options") for found in held(options, "timeout")]
    (given,) = timeout["arguments"]
    return int(given["time"]) * {"MINUTES": 1, "HOURS": 60}[given["unit"]]


def commands(node: Node) -> list[str]:
    """Return what the shell is to do, in order."""
    return [inner["arguments"][0] for inner in within(node) if inner["name"] == "sh"]
