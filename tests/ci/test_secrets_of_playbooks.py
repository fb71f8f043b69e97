"""What the playbooks take out of Secrets Manager stands in one file and in nothing that a run prints."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.server import aws_at, serve
from tests.ci.workplace import ROOT
from tests.play import role_variables, run_play

ROLES = ROOT / "ansible/roles"
ROLE = ROLES / "jenkins_controller"
ARN = "the ARN that the settings name"
HIDDEN = "what stands there"
LOUD = {"ANSIBLE_DIFF_ALWAYS": "true", "ANSIBLE_VERBOSITY": "4"}


def takers() -> list[dict[str, Any]]:
    """Return the tasks of all roles that look a secret up."""
    tasks = [task for path in ROLES.glob("*/tasks/*.yml") for task in yaml.safe_load(path.read_text())]
    return [task for task in tasks if "secretsmanager" in str(task)]


@pytest.mark.full
@pytest.mark.parametrize("folder", ["secrets", "not-there/secrets"])
def test_however_loud_a_run_is_and_however_it_ends_it_shows_no_secret(tmp_path: Path, folder: str) -> None:
    (tmp_path / "secrets").mkdir()
    (task,) = takers()
    copy = {key: value for key, value in task["ansible.builtin.copy"].items() if key not in {"owner", "group"}}
    variables = {
        **role_variables(ROLE, "defaults"),
        **role_variables(ROLE, "vars"),
        "jenkins_controller_admin_secret": ARN,
        "jenkins_controller_region": "eu-west-2",
        "jenkins_controller_secrets": str(tmp_path / folder),
    }
    quiet = {key: value for key, value in task.items() if key != "notify"}
    with serve() as server:
        server.secrets[ARN] = HIDDEN
        tasks = [{**quiet, "ansible.builtin.copy": copy}]
        done = run_play(tmp_path, tasks=tasks, variables=variables, **aws_at(server), **LOUD)

    assert "task path" in done.stdout, "it is loud"
    if folder == "secrets":
        assert (tmp_path / folder / "admin-password").read_text() == HIDDEN
    else:
        assert done.returncode != 0
    assert HIDDEN not in done.stdout + done.stderr
