"""Jenkins' configuration, rendered by Ansible as on the host, and checked before a Jenkins would see it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.conftest import ROOT, aws_at, serve
from tests.play import render, role_variables, run_play

ROLE = ROOT / "ansible/roles/jenkins_controller"
HOST_KEYS = {"test": "ssh-ed25519 AAAAtest", "deploy": "ssh-ed25519 AAAAhere"}
REPOSITORY = "https://github.com/example/slipway.git"
# What runs on each agent, by the Jenkinsfile.
SCRIPTS = {"test": ("build", "test", "push"), "deploy": ("deploy", "verify")}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


SITE: list[dict[str, Any]] = loaded(ROOT / "ansible/site.yml")


def slipway_variables(play: int) -> set[str]:
    return set(re.findall(r"slipway_\w+", json.dumps(SITE[play])))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render the templates with what site.yml gives the role."""
    target = tmp_path_factory.mktemp("jenkins")
    (role,) = [role for role in SITE[0]["roles"] if role["role"] == "jenkins_controller"]
    (target / "host-key.pub").write_text(f"{HOST_KEYS['deploy']} root@jenkins\n")
    variables = {
        **role_variables(ROLE, "defaults"),
        **role_variables(ROLE, "vars"),
        **role["vars"],
        **dict.fromkeys(slipway_variables(0), "a-value"),
        "slipway_repository_url": REPOSITORY,
        "slipway_test_host_key_parameter": "/slipway/ci/test-host-key",
        "slipway_region": "eu-west-2",
        "jenkins_controller_host_key_file": str(target / "host-key.pub"),
    }
    with serve() as server:
        server.parameters["/slipway/ci/test-host-key"] = HOST_KEYS["test"]
        tasks = render(ROLE, ["jenkins.yaml", "jobs.groovy"], target)
        result = run_play(target, tasks=tasks, variables=variables, **aws_at(server))
    assert result.returncode == 0, result.stdout + result.stderr
    return target


@pytest.fixture(scope="module")
def configuration(rendered: Path) -> dict[str, Any]:
    content: dict[str, Any] = loaded(rendered / "jenkins.yaml")
    return content


def agents_of(configuration: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["permanent"]["name"]: node["permanent"] for node in configuration["jenkins"]["nodes"]}


def variables_of(properties: list[dict[str, Any]]) -> set[str]:
    return {variable["key"] for item in properties for variable in item["envVars"]["env"]}


def test_the_controller_itself_runs_nothing(configuration: dict[str, Any]) -> None:
    assert configuration["jenkins"]["numExecutors"] == 0
    assert configuration["jenkins"]["slaveAgentPort"] == -1


def test_the_administrator_alone_may_come_in_with_a_password_from_a_file(configuration: dict[str, Any]) -> None:
    realm = configuration["jenkins"]["securityRealm"]["local"]

    assert realm["allowsSignup"] is False
    assert realm["users"] == [{"id": "admin", "password": "${readFile:/etc/jenkins/secrets/admin-password}"}]
    assert configuration["jenkins"]["authorizationStrategy"]["globalMatrix"]["entries"] == [
        {"user": {"name": "admin", "permissions": ["Overall/Administer"]}}
    ]


def test_each_agent_is_known_by_its_host_key(configuration: dict[str, Any]) -> None:
    keys = {
        name: agent["launcher"]["ssh"]["sshHostKeyVerificationStrategy"]["manuallyProvidedKeyVerificationStrategy"][
            "key"
        ]
        for name, agent in agents_of(configuration).items()
    }

    assert keys == HOST_KEYS


def test_each_agent_signs_in_with_a_credential_that_exists(configuration: dict[str, Any]) -> None:
    (domain,) = configuration["credentials"]["system"]["domainCredentials"]
    users = {
        item["basicSSHUserPrivateKey"]["id"]: item["basicSSHUserPrivateKey"]["username"]
        for item in domain["credentials"]
    }

    for agent in agents_of(configuration).values():
        user = users[agent["launcher"]["ssh"]["credentialsId"]]
        assert agent["remoteFS"] == f"/home/{user}/agent"


def test_the_users_of_the_agents_are_those_that_the_hosts_have(configuration: dict[str, Any]) -> None:
    made = {
        role["vars"]["build_agent_user"] for play in SITE for role in play["roles"] if role["role"] == "build_agent"
    }

    assert {agent["remoteFS"].split("/")[2] for agent in agents_of(configuration).values()} == made


def test_the_pipeline_asks_for_agents_that_exist(configuration: dict[str, Any]) -> None:
    asked = set(re.findall(r"label '(\w+)'", (ROOT / "Jenkinsfile").read_text()))

    assert asked == {agent["labelString"] for agent in agents_of(configuration).values()}


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_agent_has_the_settings_of_the_scripts_that_run_on_it(configuration: dict[str, Any], name: str) -> None:
    given = variables_of(configuration["jenkins"]["globalNodeProperties"])
    given |= variables_of(agents_of(configuration)[name]["nodeProperties"])
    texts = [(ROOT / "ci" / script).read_text() for script in SCRIPTS[name]]
    needed = {setting for text in texts for setting in re.findall(r"^#   (SLIPWAY_\w+|AWS_\w+)", text, re.MULTILINE)}

    assert needed - {"SLIPWAY_VERIFY_SECONDS"} <= given


def test_the_job_builds_the_repository(rendered: Path) -> None:
    assert f"remote('{REPOSITORY}')" in (rendered / "jobs.groovy").read_text()


def test_every_plugin_is_pinned_once() -> None:
    lines = [line for line in (ROLE / "files/plugins.txt").read_text().splitlines() if line and line[0] != "#"]
    names = [line.split(":")[0] for line in lines]

    assert all(re.fullmatch(r"[a-z0-9-]+:[\w.+-]+", line) for line in lines)
    assert len(names) == len(set(names))
    # What the symbols of the configuration and the steps of the pipeline come from.
    assert {"configuration-as-code", "git", "job-dsl", "matrix-auth", "ssh-slaves", "timestamper"} <= set(names)


@pytest.mark.parametrize("play", [0, 1])
def test_every_variable_of_the_playbook_is_delivered(play: int) -> None:
    delivered = set(re.findall(r'"(slipway_\w+)"', (ROOT / "cdk_app/ci_stack.py").read_text()))

    assert slipway_variables(play)
    assert slipway_variables(play) <= delivered
