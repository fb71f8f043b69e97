"""Runs a play on this machine with the repository's Ansible, as the hosts do on themselves."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def run_play(
    directory: Path, *, tasks: list[dict[str, Any]], variables: Mapping[str, Any], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `tasks` with `variables`, in `directory` and with nothing of this machine's environment but the path."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, **variables},
        "tasks": tasks,
    }
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    command = ["--inventory", "localhost,", "--connection", "local", "play.yml"]
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *command],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def render(role: Path, names: list[str], directory: Path) -> list[dict[str, Any]]:
    """Return the tasks that render the role's templates `names` into `directory`."""
    return [
        {
            "ansible.builtin.template": {
                "src": str(role / f"templates/{name}.j2"),
                "dest": str(directory / name),
                "mode": "0644",
            }
        }
        for name in names
    ]


def role_variables(role: Path, folder: str) -> dict[str, Any]:
    """Return a role's `defaults` or `vars`."""
    content: dict[str, Any] = yaml.safe_load((role / folder / "main.yml").read_text())
    return content
