"""An agent waits for its controller's key, and takes nothing else for one."""

from pathlib import Path

import pytest

from slipway.host_parameter import UNSET
from tests.ci.conftest import ROOT, aws_at, serve
from tests.play import role_variables, run_play

ROLE = ROOT / "ansible/roles/build_agent"
PARAMETER = "/slipway/ci/controller-public-key"


@pytest.mark.parametrize(("value", "found"), [("ssh-ed25519 AAAAjenkins", True), (UNSET, False)])
def test_only_a_key_ends_the_wait_for_the_controllers(tmp_path: Path, value: str, found: bool) -> None:
    variables = {
        **role_variables(ROLE, "defaults"),
        "build_agent_region": "eu-west-2",
        "build_agent_controller_key_parameter": PARAMETER,
        "build_agent_key_retries": 1,
        "build_agent_key_delay": 0,
    }
    with serve() as server:
        server.parameters[PARAMETER] = value
        tasks = [{"ansible.builtin.import_tasks": str(ROLE / "tasks/keys.yml")}]
        done = run_play(tmp_path, tasks=tasks, variables=variables, **aws_at(server))

    assert (done.returncode == 0) is found, done.stdout
    assert "Wait until the controller has published its key" in done.stdout
