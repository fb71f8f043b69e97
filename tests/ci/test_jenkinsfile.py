"""What the Jenkinsfile says, read by the Groovy that Jenkins runs: which stage runs where, for how long, for whom."""

import subprocess
from typing import NamedTuple

import pytest
import yaml

from benchmarks import pipeline
from diagrams.jenkinsfile import BUILDS, Node, commands, held, leaves, minutes, runs, stages, within
from tests.ci.workplace import ROOT
from tests.play import role_variables

EVERYBODY, MAIN = {"main", "branch", "pull request"}, {"main"}
HOST = "test"
DEPLOYER = "deploy"


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
    kept = [
        {inner["name"] for post in held(stage, "post") for always in held(post, "always") for inner in always["holds"]}
        for stage in stages(trees["main"])
    ]
    assert kept == [{"junit", "archiveArtifacts"}, {"archiveArtifacts"}]


def test_the_chat_is_told_of_every_build_of_main_and_cannot_fail_it(trees: dict[str, Node]) -> None:
    posts = {build: post for build, tree in trees.items() for post in held(tree, "post")}
    (always,) = held(posts["main"], "always")
    (shield,) = [node for node in within(always) if node["name"] == "catchError"]
    (host,) = [node for node in within(shield) if node["name"] == "node"]

    assert commands(posts["main"]) == commands(host) == ["ci/report"]
    assert shield["arguments"][0]["buildResult"] == "SUCCESS"
    assert host["arguments"] == [DEPLOYER]
    assert [node for node in within(shield) if node["name"] == "timeout"]
    for build in set(trees) - {"main"}:
        assert not [node for node in within(posts[build]) if node["name"] == "node"], "it would wait for ever"


def test_what_the_test_host_hands_over_overwrites_no_script(trees: dict[str, Node]) -> None:
    folders = [node for node in within(trees["main"]) if node["name"] == "dir"]
    carried = [(folder["arguments"], inner["name"]) for folder in folders for inner in folder["holds"]]

    assert carried == [([".slipway/release"], "stash"), ([".slipway/release"], "unstash")]
    assert len([node for node in within(trees["main"]) if node["name"] in {"stash", "unstash"}]) == len(carried)


@pytest.mark.parametrize(("play", "agent"), [(0, DEPLOYER), (1, HOST)])
def test_no_workspace_is_removed_while_a_stage_waits_in_it(play: int, agent: str) -> None:
    role = "disk_watchdog"
    site = yaml.safe_load((ROOT / "ansible/site.yml").read_text())
    (given,) = [item["vars"] for item in site[play]["roles"] if item["role"] == role]
    hours = (role_variables(ROOT / "ansible/roles" / role, "defaults") | given)["disk_watchdog_hours"]

    assert min(hours) * 60 > max(stage.minutes for stage in TABLE.values() if stage.agent == agent)


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
