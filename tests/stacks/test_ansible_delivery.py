"""Runs what Systems Manager runs on a host, with stand-ins for what would change this machine."""

import base64
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.stacks.synthesis import Synthesis

VARIABLES = {"slipway_name": "it's", "slipway_region": "$(reboot)"}
STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >>{log}\n'


@pytest.fixture
def commands(synthesis: Synthesis) -> str:
    """The shell commands of the document, for the play `test`."""
    ((_, _, document),) = synthesis.resources("AWS::SSM::Document")
    lines = "\n".join(document["Properties"]["Content"]["mainSteps"][1]["inputs"]["runCommand"])
    encoded = base64.b64encode(json.dumps(VARIABLES).encode()).decode()
    return lines.replace("{{ Play }}", "test").replace("{{ Variables }}", encoded)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A directory in `/opt/slipway`'s stead, with the playbooks delivered and stand-ins for all programs."""
    log = tmp_path / "log"
    for name in ("bin/cloud-init", "bin/apt-get", "venv/bin/pip", "venv/bin/ansible-playbook"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(STAND_IN.format(log=log))
        program.chmod(0o755)
    with zipfile.ZipFile(tmp_path / "ansible.zip", "w") as archive:
        archive.writestr("site.yml", "")
        archive.writestr("requirements.txt", "")
    return tmp_path


def run(commands: str, host: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", commands.replace("/opt/slipway", str(host))],
        env={"PATH": f"{host / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_playbooks_run_against_this_host_with_its_variables(commands: str, host: Path) -> None:
    done = run(commands, host)
    assert done.returncode == 0, done.stderr
    *_, pip, ansible = (host / "log").read_text().splitlines()
    assert pip == f"pip install --quiet --require-hashes --requirement {host}/ansible/requirements.txt"
    assert ansible == (
        f"ansible-playbook --inventory test, --connection local --extra-vars @{host}/variables.json site.yml"
    )
    assert json.loads((host / "variables.json").read_text()) == VARIABLES
    assert (host / "variables.json").stat().st_mode & 0o077 == 0


def test_a_run_fails_when_the_playbooks_do(commands: str, host: Path) -> None:
    (host / "venv/bin/ansible-playbook").write_text("#!/bin/sh\nexit 2\n")
    assert run(commands, host).returncode == 2


def test_no_run_takes_the_playbooks_of_an_earlier_one(commands: str, host: Path) -> None:
    assert run(commands, host).returncode == 0
    assert run(commands, host).returncode != 0
