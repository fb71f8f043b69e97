"""What the playbook makes of a bare host, once and again."""

import pytest

from tests.ci.workplace import ROOT
from tests.hosts.conftest import PASSWORD, BuildSide, Host

pytestmark = pytest.mark.container

SERVICES = {
    "jenkins": ["jenkins", "nftables", "queue-metrics.timer"],
    "test": ["docker"],
}
EVERYWHERE = [
    "auditd",
    "chrony",
    "disk-watchdog.timer",
    "host-metrics.timer",
    "snap.amazon-ssm-agent.amazon-ssm-agent",
    "ssh",
    "unattended-upgrades",
]
PERMISSIONS = {
    "jenkins": [
        "755 root:jenkins /etc/jenkins",
        "750 root:jenkins /etc/jenkins/casc",
        "640 root:jenkins /etc/jenkins/casc/jenkins.yaml",
        "640 root:jenkins /etc/jenkins/jobs.groovy",
        "750 root:jenkins /etc/jenkins/secrets",
        "600 jenkins:jenkins /etc/jenkins/secrets/admin-password",
        "644 root:root /etc/nftables.conf",
        "600 deploy:deploy /home/deploy/.docker/config.json",
        "755 root:root /usr/local/sbin/queue-metrics",
        "750 jenkins:jenkins /var/lib/jenkins",
        "700 jenkins:jenkins /var/lib/jenkins/.ssh",
        "600 jenkins:jenkins /var/lib/jenkins/.ssh/id_ed25519",
    ],
    "test": [
        "644 root:root /etc/docker/daemon.json",
        "600 build:build /home/build/.docker/config.json",
        "700 build:build /home/build/agent",
    ],
}
PERMISSIONS_EVERYWHERE = [
    "640 root:root /etc/audit/rules.d/slipway.rules",
    "600 root:root /etc/ssh/sshd_config.d/10-agents.conf",
    "600 root:root /opt/slipway/variables.json",
    "755 root:root /usr/local/bin/kubectl",
    "755 root:root /usr/local/sbin/disk-watchdog",
    "755 root:root /usr/local/sbin/host-metrics",
]
both = pytest.mark.parametrize("name", ["jenkins", "test"])


@pytest.fixture
def host(name: str, build_side: BuildSide) -> Host:
    return {"jenkins": build_side.jenkins, "test": build_side.test}[name]


@both
def test_the_first_run_makes_the_host_and_the_second_changes_nothing(host: Host) -> None:
    first, second = (host.recap(run) for run in (0, 1))

    assert first["changed"] > 20
    assert second["ok"] > 20
    assert [task["failed"] for task in (first, second)] == [0, 0]
    assert second["changed"] == 0, [line for line in host.outputs[1].splitlines() if "changed" in line]


@both
def test_every_service_runs_and_starts_with_the_host(name: str, host: Host) -> None:
    services = SERVICES[name] + EVERYWHERE

    assert host.run("systemctl", "is-enabled", *services).split() == ["enabled"] * len(services)
    assert host.run("systemctl", "is-active", *services).split() == ["active"] * len(services)


@both
def test_every_file_has_the_owner_and_the_mode_that_it_should(name: str, host: Host) -> None:
    expected = PERMISSIONS[name] + PERMISSIONS_EVERYWHERE

    assert host.run("stat", "--format=%a %U:%G %n", *(line.split()[2] for line in expected)).splitlines() == expected


@both
def test_every_unit_that_was_written_is_sound(host: Host) -> None:
    written = host.run("find", "/etc/systemd/system", "-maxdepth", "1", "-type", "f", "-newer", "/opt/slipway/deliver")
    units = [path for path in written.splitlines() if path.endswith((".service", ".timer", ".slice"))]

    assert {path.rpartition("/")[2] for path in units} >= {"disk-watchdog.service", "host-metrics.timer"}
    assert host.run("systemd-analyze", "verify", "--recursive-errors=no", *units) == ""


@both
def test_the_administrators_password_is_nowhere_in_what_a_run_prints(host: Host) -> None:
    assert all("+++ after" in output for output in host.outputs[:1]), "the runs show differences"
    assert all(PASSWORD not in output for output in host.outputs)


def test_jenkins_alone_reads_the_administrators_password(build_side: BuildSide) -> None:
    path = "/etc/jenkins/secrets/admin-password"

    assert build_side.jenkins.run("runuser", "--user=jenkins", "--", "cat", path) == PASSWORD
    assert build_side.jenkins.try_run("runuser", "--user=deploy", "--", "cat", path).returncode != 0


def test_jenkins_never_started_without_its_configuration(build_side: BuildSide) -> None:
    """The package starts its service when it is installed; the stand-in would have failed for want of settings."""
    journal = build_side.jenkins.run("journalctl", "--unit=jenkins", "--output=cat")

    assert "configured as code with -Djava.awt.headless=true -Xmx1g" in journal
    assert "Failed" not in journal


def test_jenkins_has_every_plugin_of_the_list_and_none_that_an_earlier_list_had(build_side: BuildSide) -> None:
    listed = (ROOT / "ansible/roles/jenkins_controller/files/plugins.txt").read_text().splitlines()
    names = {line.partition(":")[0] for line in listed if line and not line.startswith("#")}
    files = build_side.jenkins.run("ls", "/var/lib/jenkins/plugins").split()

    assert {file for file in files if not file.startswith("installed-")} == {f"{name}.jpi" for name in names}
    assert build_side.jenkins.try_run("test", "-e", "/var/lib/jenkins/plugins.new").returncode != 0


def test_the_homes_files_belong_to_jenkins_on_every_host_that_their_volume_comes_to(build_side: BuildSide) -> None:
    assert build_side.jenkins.run("id", "jenkins") == "uid=880(jenkins) gid=880(jenkins) groups=880(jenkins)"
    assert build_side.jenkins.run("stat", "--format=%u:%g", "/var/lib/jenkins/plugins") == "880:880"


def test_kubectl_is_the_one_of_the_checked_archive(build_side: BuildSide) -> None:
    assert build_side.test.run("kubectl", "version") == "kubectl version"


@pytest.mark.parametrize("tool", ["groovy", "java", "shellcheck"])
def test_the_checks_of_a_push_find_their_tools(build_side: BuildSide, tool: str) -> None:
    assert build_side.test.run("runuser", "--user=build", "--", tool, "--version")
