"""What keeps the hosts alive by themselves: limits, the watchdog, metrics, updates, records and time."""

import shlex

import pytest

from tests.ci.server import aws_at
from tests.hosts.conftest import BuildSide, Host
from tests.hosts.test_access import sign_in

pytestmark = pytest.mark.container


def property_of(host: Host, unit: str, name: str) -> str:
    return host.run("systemctl", "show", "--value", f"--property={name}", unit)


@pytest.mark.parametrize(
    ("name", "unit", "share", "weight", "tasks"),
    [
        ("jenkins", "jenkins.service", 0.45, "200", "2048"),
        ("jenkins", "user.slice", 0.45, "50", "4096"),
        ("test", "user.slice", 0.6, "50", "4096"),
        ("test", "containers.slice", 0.3, "50", "4096"),
    ],
)
def test_what_builds_may_take_leaves_the_host_alive(
    build_side: BuildSide, name: str, unit: str, share: float, weight: str, tasks: str
) -> None:
    host: Host = getattr(build_side, name)
    memory = int(host.run("awk", "/MemTotal/ {print $2}", "/proc/meminfo")) * 1024

    assert int(property_of(host, unit, "MemoryMax")) == pytest.approx(share * memory, rel=0.01)
    assert property_of(host, unit, "CPUWeight") == weight
    assert property_of(host, unit, "TasksMax") == tasks


def test_a_build_runs_where_its_limits_are(build_side: BuildSide) -> None:
    groups = sign_in(build_side, "build", build_side.test.address, "cat /proc/self/cgroup")

    assert "/user.slice/user-" in groups


def test_docker_runs_as_configured(build_side: BuildSide) -> None:
    described = build_side.test.run("docker", "info", "--format={{.LiveRestoreEnabled}} {{.LoggingDriver}}")

    assert described == "true local"


def test_the_watchdog_is_told_its_thresholds_and_its_homes(build_side: BuildSide) -> None:
    for host, hours, home in (
        (build_side.jenkins, "168 72 27", "/home/deploy"),
        (build_side.test, "168 24 4", "/home/build"),
    ):
        command = property_of(host, "disk-watchdog", "ExecStart")
        assert f"disk-watchdog --begin 80 --end 65 --hours {hours} --homes {home} ;" in command


def test_the_watchdog_removes_images_and_workspaces_and_nothing_else(build_side: BuildSide) -> None:
    """With its own unit and its own walls, and thresholds that every disk is beyond."""
    host = build_side.test
    kept = "/home/build/agent/remoting.jar"
    host.run("sh", "-c", "tar --create --directory /srv . | docker import - stale:1")
    host.run("mkdir", "--parents", "/home/build/agent/workspace/stale", "/home/build/.cache/pip")
    host.run("ln", "--symbolic", "--no-target-directory", "/opt/slipway", "/home/build/agent/workspace/link")
    host.run("touch", kept)
    thresholds = "--begin 0 --end 0 --hours 0 --homes /home/build"
    override = f"[Service]\nExecStart=\nExecStart=/usr/local/sbin/disk-watchdog {thresholds}\n"
    folder = "/run/systemd/system/disk-watchdog.service.d"
    host.run("sh", "-c", f"mkdir --parents {folder} && printf {shlex.quote(override)} >{folder}/now.conf")
    host.run("systemctl", "daemon-reload")
    try:
        done = host.try_run("systemctl", "start", "disk-watchdog")
    finally:
        host.run("rm", "--recursive", folder)
        host.run("systemctl", "daemon-reload")

    assert done.returncode != 0
    assert "nothing is left that may go" in host.run("journalctl", "--unit=disk-watchdog", "--output=cat")
    assert host.run("docker", "images", "--quiet") == ""
    assert host.run("ls", "/home/build/agent/workspace") == "link"
    assert host.run("ls", "/home/build/agent") == "remoting.jar\nworkspace"
    assert host.try_run("test", "-e", "/home/build/.cache").returncode != 0
    assert host.try_run("test", "-e", "/opt/slipway/venv").returncode == 0


@pytest.mark.parametrize(("name", "paths"), [("jenkins", ["/", "/var/lib/jenkins"]), ("test", ["/"])])
def test_the_metrics_reach_cloudwatch(build_side: BuildSide, name: str, paths: list[str]) -> None:
    """With the unit that the timer starts; only the way to AWS is given to it."""
    host: Host = getattr(build_side, name)
    host.run("systemctl", "set-environment", *(f"{key}={value}" for key, value in aws_at(build_side.aws).items()))
    build_side.aws.metrics.clear()
    host.run("systemctl", "start", "host-metrics")

    (told,) = (item for item in build_side.aws.metrics if item["Namespace"] == "Slipway/Hosts")
    here = {"Name": "Host", "Value": f"slipway-{name}"}
    values = {
        (item["MetricName"], *(part["Value"] for part in item["Dimensions"][1:])): item for item in told["MetricData"]
    }
    assert set(values) == {("MemoryUsed",), ("FailedUnits",), *(("DiskUsed", path) for path in paths)}
    assert all(item["Dimensions"][0] == here for item in values.values())
    assert all(0 < item["Value"] < 100 for key, item in values.items() if key != ("FailedUnits",))
    failed = host.run("systemctl", "list-units", "--failed", "--plain", "--no-legend").splitlines()
    assert values["FailedUnits",]["Value"] in (len(failed), len(failed) + 1)  # the unit itself, which had no way to AWS


def test_updates_install_themselves_and_restart_the_host_at_night(build_side: BuildSide) -> None:
    settings = build_side.test.run("apt-config", "dump").splitlines()

    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert 'APT::Periodic::Update-Package-Lists "1";' in settings
    assert 'Unattended-Upgrade::Automatic-Reboot "true";' in settings
    assert 'Unattended-Upgrade::Automatic-Reboot-Time "03:30";' in settings
    assert any(setting.startswith("Unattended-Upgrade::Origins-Pattern:: ") for setting in settings)


def test_the_time_comes_from_amazon_alone(build_side: BuildSide) -> None:
    sources = build_side.test.run("chronyc", "-n", "-c", "sources").splitlines()

    assert [source.split(",")[2] for source in sources] == ["169.254.169.123"]


def test_who_changes_permissions_is_recorded_by_rules_that_the_audit_understands(build_side: BuildSide) -> None:
    host = build_side.jenkins
    loaded = host.run("cat", "/etc/audit/audit.rules")

    assert {"-w /etc/sudoers -p wa -k identity", "-w /etc/jenkins -p wa -k system"} <= set(loaded.splitlines())
    host.run("auditctl", "-R", "/etc/audit/audit.rules")
    host.run("sh", "-c", "echo '-w /etc/passwd -p sometimes' >/root/wrong.rules")
    assert host.try_run("auditctl", "-R", "/root/wrong.rules").returncode != 0


def test_the_journal_is_kept_and_bounded(build_side: BuildSide) -> None:
    journal = build_side.test.run("systemd-analyze", "cat-config", "systemd/journald.conf").splitlines()

    assert {"Storage=persistent", "SystemMaxUse=500M", "MaxRetentionSec=30day"} <= set(journal)
    assert build_side.test.run("journalctl", "--header").count("/var/log/journal/") > 0
