"""What the Jenkinsfile says, read by the Groovy that Jenkins runs: which stage runs where, for how long, for whom."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks import pipeline
from tests.ci.conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("groovy") is None, reason="no Groovy here: apt-get install groovy")

READER = Path(__file__).with_name("jenkinsfile.groovy")
BUILDS = {
    "main": {"BRANCH_NAME": "main"},
    "branch": {"BRANCH_NAME": "feature"},
    "pull request": {"BRANCH_NAME": "PR-1", "CHANGE_ID": "1", "CHANGE_TARGET": "main"},
    "fork": {"BRANCH_NAME": "PR-2", "CHANGE_ID": "2", "CHANGE_TARGET": "main", "CHANGE_FORK": "stranger"},
}
EVERYBODY, MAIN = {"main", "branch", "pull request"}, {"main"}
HOST = "test"
DEPLOYER = "deploy"

Node = dict[str, Any]


class Stage(NamedTuple):
    """A stage that does something: who does it, within how many minutes, for whose builds, and what."""

    agent: str
    minutes: int
    builds: set[str]
    steps: list[str]


# In their order.
TABLE = {
    "prepare": Stage(HOST, 10, EVERYBODY, ["make install-dev"]),
    "check": Stage(HOST, 15, EVERYBODY, ["make check-code"]),
    "infrastructure": Stage(HOST, 15, EVERYBODY, ["make check-infrastructure"]),
    "build": Stage(HOST, 15, EVERYBODY, ["ci/build"]),
    "test": Stage(HOST, 15, EVERYBODY, ["ci/test"]),
    "scan": Stage(HOST, 10, EVERYBODY, ["ci/scan"]),
    "push": Stage(HOST, 10, MAIN, ["ci/push"]),
    "plan": Stage(DEPLOYER, 15, MAIN, ["ci/plan"]),
    "approval": Stage(DEPLOYER, 24 * 60, MAIN, []),
    "deploy": Stage(DEPLOYER, 60, MAIN, ["ci/deploy"]),
    "verify": Stage(DEPLOYER, 90, MAIN, ["ci/verify"]),
}
SIDE_BY_SIDE = [["check"], ["infrastructure"], ["build", "test", "scan"]]


@pytest.fixture(scope="module")
def trees() -> dict[str, Node]:
    """The pipeline as each build finds it."""
    done = subprocess.run(
        ["groovy", READER, ROOT / "Jenkinsfile", json.dumps(BUILDS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, list[Node]] = json.loads(done.stdout)
    return {build: tree for build, (tree,) in read.items()}


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
    """Answer the stage's `when`."""
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
                pytest.fail(f"the test does not know the condition {unknown!r}")
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


def test_each_stage_runs_where_and_for_whom_the_table_says(trees: dict[str, Node]) -> None:
    found = {
        name: Stage(agent, minutes(stage), set(), [step for block in held(stage, "steps") for step in commands(block)])
        for name, agent, _, stage in leaves(trees["main"], "main")
    }
    for build, tree in trees.items():
        for name, _, wanted, _ in leaves(tree, build):
            found[name].builds.update({build} if wanted else set())
    assert found == TABLE
    assert list(found) == list(TABLE)


def test_what_waits_for_nothing_runs_side_by_side(trees: dict[str, Node]) -> None:
    (parallel,) = [node for node in within(trees["main"]) if node["name"] == "parallel"]
    branches = [
        [stage["arguments"][0], *[inner["arguments"][0] for inner in stages(stage)]]
        for stage in held(parallel, "stage")
    ]
    assert [branch[1:] or branch for branch in branches] == SIDE_BY_SIDE


def test_what_is_measured_is_what_runs() -> None:
    """The scanner alone is left out of `make bench BENCH=pipeline`."""
    before_push = [name for name in TABLE if TABLE[name].builds == EVERYBODY and name != "scan"]
    assert [step for name in before_push for step in TABLE[name].steps] == [
        command for rows in pipeline.STAGES.values() for commands in rows for command in commands
    ]


def test_a_fork_gets_no_agent(trees: dict[str, Node]) -> None:
    for stage in stages(trees["fork"]):
        assert not runs(stage, BUILDS["fork"])
        (when,) = held(stage, "when")
        (before_agent,) = held(when, "beforeAgent")
        assert before_agent["arguments"] == ["true"], "an agent would be taken before it is asked"
    assert held(trees["fork"], "agent")[0]["arguments"] == ["none"]


def test_no_credential_is_bound_anywhere(trees: dict[str, Node]) -> None:
    """AWS comes from the hosts' roles; what else is secret the deployer's scripts read themselves."""
    names = {node["name"] for node in within(trees["main"])}
    assert not names & {
        "withCredentials",
        "credentials",
        "sshagent",
        "withAWS",
        "withDockerRegistry",
        "usernamePassword",
    }


def test_what_takes_an_agent_cleans_up_always_and_last(trees: dict[str, Node]) -> None:
    takers = [stage for stage in stages(trees["main"]) if held(stage, "agent")]
    assert len(takers) == 2
    for stage in takers:
        (post,) = held(stage, "post")
        (cleanup,) = held(post, "cleanup")
        assert commands(cleanup) == ["ci/clean"]


def test_results_are_kept_whatever_they_are(trees: dict[str, Node]) -> None:
    verdict, release = stages(trees["main"])
    (kept,) = [always for post in held(verdict, "post") for always in held(post, "always")]
    assert {inner["name"] for inner in kept["holds"]} == {"junit", "archiveArtifacts"}
    (told,) = [always for post in held(release, "post") for always in held(post, "always")]
    assert commands(told) == ["ci/report"]


def test_one_build_of_a_branch_runs_at_a_time_and_old_ones_go(trees: dict[str, Node]) -> None:
    (options,) = held(trees["main"], "options")
    names = {option["name"] for option in options["holds"]}
    assert {"ansiColor", "buildDiscarder", "disableConcurrentBuilds", "timeout", "timestamps"} <= names


def test_every_command_is_a_script_or_a_target(trees: dict[str, Node]) -> None:
    for command in commands(trees["main"]):
        tool, _, argument = command.rpartition(" ")
        if tool == "make":
            subprocess.run(["make", "--dry-run", "--silent", argument], cwd=ROOT, check=True, capture_output=True)
        else:
            assert (ROOT / command).stat().st_mode & 0o100
