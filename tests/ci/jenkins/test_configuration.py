"""Jenkins' configuration: who may come in, what runs where, and which builds reach the credentials that deploy."""

import re
from typing import Any

import pytest

from tests.ci.jenkins.rendered import HOST_KEYS, REPOSITORY, ROLE, SITE, Rendered, slipway_variables
from tests.ci.workplace import ROOT
from tests.play import role_variables

# What runs on each agent, by the Jenkinsfile.
SCRIPTS = {
    "test": ("previous-suite", "build", "test", "scan", "push"),
    "deploy": ("plan", "deploy", "verify", "roll-back", "report"),
}
HAVE_DEFAULTS = {"SLIPWAY_TEST_DATABASE_PORT", "SLIPWAY_VERIFY_SECONDS"}


def variables_of(properties: list[dict[str, Any]]) -> set[str]:
    return {variable["key"] for item in properties for variable in item.get("envVars", {}).get("env", [])}


def permissions(jenkins: Rendered) -> dict[str, list[str]]:
    """Return what each user and group may."""
    entries = jenkins.configuration["jenkins"]["authorizationStrategy"]["globalMatrix"]["entries"]
    return {f"{kind} {who['name']}": who["permissions"] for entry in entries for kind, who in entry.items()}


def may_run(agent: dict[str, Any], job: str) -> bool:
    """Tell, as the plugin job-restrictions does, whether an agent takes a step of a build of `job`.

    It matches the whole of the job's full name, a slash and the step's name, which the Jenkinsfile has its part in.
    """
    restrictions = [
        item["jobRestrictionProperty"] for item in agent["nodeProperties"] if "jobRestrictionProperty" in item
    ]
    names = [item["jobRestriction"]["regexNameRestriction"]["regexExpression"] for item in restrictions]
    return all(re.fullmatch(name, f"{job}/part of {job} #7 (slipway/main/)") for name in names)


def test_the_controller_itself_runs_nothing(jenkins: Rendered) -> None:
    assert jenkins.configuration["jenkins"]["numExecutors"] == 0
    assert jenkins.configuration["jenkins"]["slaveAgentPort"] == -1


@pytest.mark.full
def test_without_a_provider_the_administrator_alone_may_come_in_with_a_password_from_a_file(bare: Rendered) -> None:
    realm = bare.configuration["jenkins"]["securityRealm"]["local"]

    assert realm["allowsSignup"] is False
    assert realm["users"] == [{"id": "admin", "password": "${readFile:/etc/jenkins/secrets/admin-password}"}]
    assert permissions(bare) == {"user admin": ["Overall/Administer"]}


def test_with_a_provider_a_group_administers_and_whoever_signs_in_reads(whole: Rendered) -> None:
    assert list(whole.configuration["jenkins"]["securityRealm"]) == ["oic"]
    assert permissions(whole) == {
        "group platform": ["Overall/Administer"],
        "group authenticated": ["Overall/Read", "Job/Read", "View/Read"],
    }


def test_with_a_provider_the_administrator_still_comes_in_when_it_is_away(whole: Rendered) -> None:
    realm = whole.configuration["jenkins"]["securityRealm"]["oic"]
    discovery = "https://id.example.com/realms/staff/.well-known/openid-configuration"

    assert realm["serverConfiguration"]["wellKnown"]["wellKnownOpenIDConfigurationUrl"] == discovery
    assert realm["properties"][1]["escapeHatch"] == {
        "username": "admin",
        "secret": "${readFile:/etc/jenkins/secrets/admin-password}",
        "group": "platform",
    }


def test_nobody_comes_in_without_a_name(jenkins: Rendered) -> None:
    assert {"user anonymous", "group anonymous"}.isdisjoint(permissions(jenkins))
    assert jenkins.configuration["unclassified"]["prometheusConfiguration"]["useAuthenticatedEndpoint"] is True


def test_jenkins_starts_without_a_wizard_on_its_volume_alone_and_answers_the_webhook(jenkins: Rendered) -> None:
    assert {
        "RequiresMountsFor=/var/lib/jenkins",
        'Environment="CASC_JENKINS_CONFIG=/etc/jenkins/casc"',
        "-Djenkins.install.runSetupWizard=false",
        '-Dhudson.plugins.git.GitStatus.NOTIFY_COMMIT_ACCESS_CONTROL=disabled-for-polling"',
    } <= set(jenkins.service)


def test_each_agent_is_known_by_its_host_key(jenkins: Rendered) -> None:
    keys = {
        name: agent["launcher"]["ssh"]["sshHostKeyVerificationStrategy"]["manuallyProvidedKeyVerificationStrategy"][
            "key"
        ]
        for name, agent in jenkins.agents.items()
    }

    assert keys == HOST_KEYS


def test_each_agent_signs_in_with_a_credential_that_exists(jenkins: Rendered) -> None:
    for agent in jenkins.agents.values():
        user = jenkins.credentials[agent["launcher"]["ssh"]["credentialsId"]]["username"]
        assert agent["remoteFS"] == f"/home/{user}/agent"


def test_the_keys_of_the_agents_are_out_of_the_reach_of_builds(jenkins: Rendered) -> None:
    used = {agent["launcher"]["ssh"]["credentialsId"] for agent in jenkins.agents.values()}

    assert {jenkins.credentials[name]["scope"] for name in used} == {"SYSTEM"}


def test_the_job_asks_for_credentials_that_exist(jenkins: Rendered) -> None:
    asked = set(re.findall(r"credentialsId\('([^']+)'\)", jenkins.job.read_text()))

    assert asked == {name for name, credential in jenkins.credentials.items() if credential["scope"] == "GLOBAL"}


@pytest.mark.full
def test_each_file_that_jenkins_reads_a_secret_from_is_written(bare: Rendered, whole: Rendered) -> None:
    read = [
        set(re.findall(r"readFile:/etc/jenkins/secrets/([\w-]+)", str(each.configuration))) for each in (bare, whole)
    ]

    assert read == [{"admin-password"}, set(role_variables(ROLE, "vars")["jenkins_controller_secret_files"])]


def test_the_users_of_the_agents_are_those_that_the_hosts_have(whole: Rendered) -> None:
    made = {
        role["vars"]["build_agent_user"] for play in SITE for role in play["roles"] if role["role"] == "build_agent"
    }

    assert {agent["remoteFS"].split("/")[2] for agent in whole.agents.values()} == made


def test_the_pipeline_asks_for_agents_that_exist(whole: Rendered) -> None:
    asked = set(re.findall(r"label '(\w+)'", (ROOT / "Jenkinsfile").read_text()))

    assert asked == {agent["labelString"] for agent in whole.agents.values()}


@pytest.mark.parametrize(
    "other",
    [
        "slipway/feature",
        "slipway/main2",
        "slipway/Main",
        "slipway/main%2Fx",
        "slipway/not-main",
        "slipway/PR-1",
        "other/slipway/main",
        "slipway",
        "main",
    ],
)
def test_builds_of_the_main_branch_alone_reach_the_agent_that_deploys(jenkins: Rendered, other: str) -> None:
    assert may_run(jenkins.agents["deploy"], "slipway/main")
    assert not may_run(jenkins.agents["deploy"], other)
    assert may_run(jenkins.agents["test"], other)


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_agent_has_the_settings_of_the_scripts_that_run_on_it(bare: Rendered, name: str) -> None:
    given = variables_of(bare.configuration["jenkins"]["globalNodeProperties"])
    given |= variables_of(bare.agents[name]["nodeProperties"])
    texts = [(ROOT / "ci" / script).read_text() for script in SCRIPTS[name]]
    needed = {setting for text in texts for setting in re.findall(r"^#   (SLIPWAY_\w+|AWS_\w+)", text, re.MULTILINE)}

    assert needed - HAVE_DEFAULTS <= given


def sources(jenkins: Rendered) -> dict[str, list[str]]:
    """Return the job's sources with what each looks for."""
    text = re.sub(r"\s+", " ", re.sub(r"//.*", "", jenkins.job.read_text()))
    found = re.findall(r"source \{ (\w+) \{(.*?) traits \{(.*?)\} \} \} \}", text)
    return {kind: re.findall(r"[a-z]\w+Discovery(?:\(\)| \{ strategyId\(\d\))", traits) for kind, _, traits in found}


def test_without_a_token_the_branches_of_the_repository_are_built(bare: Rendered) -> None:
    assert sources(bare) == {"git": ["gitBranchDiscovery()"]}
    assert bare.job.read_text().count(f"remote('{REPOSITORY}')") == 1


def test_with_a_token_pull_requests_of_the_repository_are_built_too_and_those_of_forks_never(whole: Rendered) -> None:
    looked_for = ["gitHubBranchDiscovery { strategyId(3)", "gitHubPullRequestDiscovery { strategyId(1)"]

    assert sources(whole) == {"github": looked_for, "git": []}
    assert "repoOwner('example')" in whole.job.read_text()
    assert "repository('slipway')" in whole.job.read_text()


def test_the_webhook_finds_a_source_that_it_can_ring_for(jenkins: Rendered) -> None:
    """The git plugin's notifyCommit looks at sources of the kind `git` alone, by their URL."""
    assert re.search(r"git \{\s+id\('slipway'\)\s+remote\('" + re.escape(REPOSITORY), jenkins.job.read_text())


def test_a_push_whose_webhook_was_lost_is_found_within_five_minutes(jenkins: Rendered) -> None:
    assert "interval('5m')" in jenkins.job.read_text()


@pytest.mark.parametrize("play", [0, 1])
def test_every_variable_of_the_playbook_is_delivered(play: int) -> None:
    delivered = set(re.findall(r'"(slipway_\w+)"', (ROOT / "cdk_app/ci_stack.py").read_text()))

    assert slipway_variables(play)
    assert slipway_variables(play) <= delivered
