"""A new Jenkins host takes the volume from its predecessor: the role's own tasks, against a stand-in of EC2."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.play import role_variables, run_play
from tests.stacks.roles import actions
from tests.stacks.stand_in_ec2 import NEW, OLD, VOLUME, Ec2, serve_ec2
from tests.stacks.synthesis import ROOT, Synthesis

pytestmark = pytest.mark.full
ROLE = ROOT / "ansible/roles/jenkins_controller"


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    with serve_ec2() as ec2:
        yield ec2


def attach(ec2: Ec2, host: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the role's tasks as they run on `host`."""
    variables = {
        **role_variables(ROLE, "defaults"),
        "jenkins_controller_instance_id": host,
        "jenkins_controller_region": "eu-west-2",
        "jenkins_controller_volume_id": VOLUME,
        "jenkins_controller_stop_retries": 3,
        "jenkins_controller_stop_delay": 0,
    }
    tasks = [{"ansible.builtin.import_tasks": str(ROLE / "tasks/attachment.yml")}]
    return run_play(directory, tasks=tasks, variables=variables, **ec2.environment)


def changes(ec2: Ec2) -> list[str]:
    return [call for call in ec2.calls if not call.startswith("Describe")]


def test_the_old_host_shuts_down_before_it_loses_the_volume_and_runs_again_after(ec2: Ec2, tmp_path: Path) -> None:
    done = attach(ec2, NEW, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert changes(ec2) == ["StopInstances", "DetachVolume", "AttachVolume", "StartInstances"]
    assert (ec2.holder, ec2.torn) == (NEW, False)
    assert ec2.states[OLD] in {"pending", "running"}


@pytest.mark.parametrize(("holder", "expected"), [(NEW, []), (None, ["AttachVolume"])])
def test_no_other_host_is_touched_when_none_holds_the_volume(
    ec2: Ec2, tmp_path: Path, holder: str | None, expected: list[str]
) -> None:
    ec2.holder = holder

    done = attach(ec2, NEW, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert changes(ec2) == expected


def test_a_host_that_cannot_be_stopped_keeps_the_volume(ec2: Ec2, tmp_path: Path) -> None:
    ec2.refused.add("StopInstances")

    assert attach(ec2, NEW, tmp_path).returncode != 0
    assert "StopInstances" in ec2.calls
    assert "DetachVolume" not in ec2.calls


@pytest.mark.parametrize("failing", ["DetachVolume", "AttachVolume"])
def test_the_old_host_runs_again_when_the_new_one_fails(ec2: Ec2, tmp_path: Path, failing: str) -> None:
    ec2.refused.add(failing)

    assert attach(ec2, NEW, tmp_path).returncode != 0
    assert failing in ec2.calls
    assert changes(ec2)[-1] == "StartInstances"
    assert ec2.states[OLD] in {"pending", "running"}


def test_the_role_allows_what_the_playbook_asks_of_ec2_and_no_more(
    ec2: Ec2, tmp_path: Path, synthesis: Synthesis
) -> None:
    attach(ec2, NEW, tmp_path)

    allowed = actions(synthesis.assertions["CiStack"], "JenkinsRole")
    assert {action for action in allowed if action.startswith("ec2:")} == {f"ec2:{call}" for call in ec2.calls}
