"""Jenkins' configuration and job, rendered by Ansible with what site.yml gives the role, as on the host."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.server import aws_at, serve
from tests.ci.workplace import ROOT
from tests.play import render, role_variables, run_play

ROLE = ROOT / "ansible/roles/jenkins_controller"
CALLED_METHODS = Path(__file__).with_name("called_methods.groovy")
HOST_KEYS = {"test": "ssh-ed25519 AAAAtest", "deploy": "ssh-ed25519 AAAAhere"}
REPOSITORY = "https://github.com/example/slipway.git"
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:a-secret-AbCdEf"
# What the settings say when nothing is set, and when everything is.
BARE = {
    "slipway_approval": "platform",
    "slipway_chat_secret": "",
    "slipway_github_token_secret": "",
    "slipway_jira_secret": "",
    "slipway_oidc_admins": "",
    "slipway_oidc_client_id": "",
    "slipway_oidc_client_secret": "",
    "slipway_oidc_issuer": "",
    "slipway_test_executors": "1",
}
WHOLE = {
    "slipway_approval": "always",
    "slipway_chat_secret": SECRET,
    "slipway_github_token_secret": SECRET,
    "slipway_jira_secret": SECRET,
    "slipway_oidc_admins": "platform",
    "slipway_oidc_client_id": "jenkins",
    "slipway_oidc_client_secret": SECRET,
    "slipway_oidc_issuer": "https://id.example.com/realms/staff/",
    "slipway_test_executors": "2",
}


def loaded(path: Path) -> Any:
    """Return what a YAML file says."""
    return yaml.safe_load(path.read_text())


SITE: list[dict[str, Any]] = loaded(ROOT / "ansible/site.yml")


def slipway_variables(play: int) -> set[str]:
    """Return the variables that a play of site.yml asks for."""
    return set(re.findall(r"slipway_\w+", json.dumps(SITE[play])))


@dataclass(frozen=True)
class Rendered:
    """What Jenkins would read."""

    configuration: dict[str, Any]
    job: Path
    service: list[str]

    @property
    def agents(self) -> dict[str, dict[str, Any]]:
        """The agents by name."""
        return {node["permanent"]["name"]: node["permanent"] for node in self.configuration["jenkins"]["nodes"]}

    @property
    def credentials(self) -> dict[str, dict[str, Any]]:
        """The credentials by ID."""
        (domain,) = self.configuration["credentials"]["system"]["domainCredentials"]
        return {value["id"]: value for item in domain["credentials"] for value in item.values()}


def rendered(target: Path, settings: dict[str, str]) -> Rendered:
    """Render the templates into `target`."""
    (role,) = [role for role in SITE[0]["roles"] if role["role"] == "jenkins_controller"]
    (target / "host-key.pub").write_text(f"{HOST_KEYS['deploy']} root@jenkins\n")
    variables = {
        **role_variables(ROLE, "defaults"),
        **role_variables(ROLE, "vars"),
        **role["vars"],
        **dict.fromkeys(slipway_variables(0), "a-value"),
        **settings,
        "slipway_name": "slipway",
        "slipway_repository_url": REPOSITORY,
        "slipway_test_host_key_parameter": "/slipway/ci/test-host-key",
        "slipway_region": "eu-west-2",
        "jenkins_controller_host_key_file": str(target / "host-key.pub"),
    }
    with serve() as server:
        server.parameters["/slipway/ci/test-host-key"] = HOST_KEYS["test"]
        tasks = render(ROLE, ["jenkins.yaml", "jobs.groovy", "service.conf"], target)
        result = run_play(target, tasks=tasks, variables=variables, **aws_at(server))
    assert result.returncode == 0, result.stdout + result.stderr
    service = (target / "service.conf").read_text().split()
    return Rendered(loaded(target / "jenkins.yaml"), target / "jobs.groovy", service)


def called_methods(*files: Path) -> dict[Path, list[str]]:
    """Return what each Groovy file calls, as Jenkins' own version of Groovy reads it."""
    if shutil.which("groovy") is None:
        pytest.skip("no Groovy; install it (Debian: apt-get install groovy)")
    done = subprocess.run(["groovy", CALLED_METHODS, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {Path(path): names for path, names in json.loads(done.stdout).items()}
