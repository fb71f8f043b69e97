"""Each host publishes its key and waits for the other's, and takes nothing else for one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.host_parameter import UNSET
from tests.ci.server import aws_at, serve
from tests.ci.workplace import ROOT
from tests.play import role_variables, run_play

pytestmark = pytest.mark.full

ROLES = ROOT / "ansible/roles"
CONTROLLER_KEY = "/slipway/ci/controller-public-key"
HOST_KEY = "/slipway/ci/test-host-key"
ADDRESS = "10.40.1.2"


def exchange(directory: Path, role: str, parameters: dict[str, str], **variables: Any) -> tuple[bool, dict[str, str]]:
    """Run the tasks of a role that need no user of its own: whether they succeed, and what is published then."""
    tasks = yaml.safe_load((ROLES / role / "tasks/keys.yml").read_text())
    every = {
        **role_variables(ROLES / role, "defaults"),
        **{f"{role}_{name}": value for name, value in variables.items()},
        f"{role}_region": "eu-west-2",
        f"{role}_key_retries": 1,
        f"{role}_key_delay": 0,
    }
    with serve() as server:
        server.parameters.update(parameters)
        wanted = [task for task in tasks if {"community.aws.ssm_parameter", "ansible.builtin.debug"} & set(task)]
        done = run_play(directory, tasks=wanted, variables=every, **aws_at(server))
    assert "Wait until" in done.stdout, done.stdout
    return done.returncode == 0, server.parameters


@pytest.mark.parametrize(("value", "found"), [("ssh-ed25519 AAAAjenkins", True), (UNSET, False)])
def test_an_agent_waits_for_the_controllers_key(tmp_path: Path, value: str, found: bool) -> None:
    asked = {"controller_key_parameter": CONTROLLER_KEY}

    assert exchange(tmp_path, "build_agent", {CONTROLLER_KEY: value}, **asked)[0] is found


def test_an_agent_publishes_its_hosts_key_with_its_address(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAAtest root@test\n")
    own = {"host_key_parameter": HOST_KEY, "host_key_file": str(tmp_path / "key.pub"), "address": ADDRESS}
    known = {CONTROLLER_KEY: "ssh-ed25519 AAAAjenkins", HOST_KEY: UNSET}

    _, published = exchange(tmp_path, "build_agent", known, controller_key_parameter=CONTROLLER_KEY, **own)

    assert published[HOST_KEY] == f"ssh-ed25519 AAAAtest {ADDRESS}"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"ssh-ed25519 AAAAtest {ADDRESS}", True),
        ("ssh-ed25519 AAAAold 10.40.1.1", False),
        ("ssh-ed25519 AAAAold 10.40.1.29", False),
        (UNSET, False),
    ],
)
def test_the_controller_waits_for_the_key_of_the_host_at_the_agents_address(
    tmp_path: Path, value: str, found: bool
) -> None:
    agent = {"name": "test", "host": ADDRESS, "host_key_parameter": HOST_KEY}
    own = {"key": {"public_key": "ssh-ed25519 AAAAjenkins"}, "key_parameter": CONTROLLER_KEY}
    known = {HOST_KEY: value, CONTROLLER_KEY: UNSET}

    arrived, published = exchange(tmp_path, "jenkins_controller", known, agents=[agent], **own)

    assert arrived is found
    assert published[CONTROLLER_KEY] == "ssh-ed25519 AAAAjenkins", "it publishes before it waits"
