"""What is deployed to the AWS of this machine is told by the very command that tells of the real one."""

import os
import re
import subprocess
from collections.abc import Sequence

import pytest

from rehearsal.deployment import STACKS
from tests.rehearsal.clones import Clone
from tests.rehearsal.scenes.conftest import OF_THE_DEVELOPER, Play

pytestmark = pytest.mark.rehearsal

NOT_HERE = {"page", "targets", "pods", "nodes"}
"""What the embedded AWS does not know: a load balancer's name and health, counts of pods."""


def operations(system: Clone, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the Makefile does with DEPLOYED=1, with the credentials of the embedded AWS."""
    shell = {name: value for name, value in os.environ.items() if name not in OF_THE_DEVELOPER}
    return subprocess.run(
        [system.path / ".venv/bin/python", "-m", "operations", *arguments],
        cwd=system.path,
        env={**shell, **system.aws()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def verdicts(said: str) -> dict[str, Sequence[str]]:
    """Return verdict and what was seen, by what was looked at."""
    rows = re.findall(r"^  (ok  |warn|FAIL)  (\S+(?: \S+)*) {2,}(\S.*)$", said, re.MULTILINE)
    return {what: (verdict.strip(), seen) for verdict, what, seen in rows}


def test_what_is_deployed_is_told(system: Clone, play: Play) -> None:
    with play("the status of what is deployed", real="the questions, and six stacks that answer") as scene:
        status = operations(system, "status")
        assert status.stderr == ""
        seen = verdicts(status.stdout)
        for stack in STACKS:
            assert seen[stack][0] in ("ok", "warn"), status.stdout
            assert "_COMPLETE" in seen[stack][1]
        for what in ("database", "cluster", "alarms", "last good release"):
            assert seen[what][0] == "ok", status.stdout
        assert {what for what, (verdict, _) in seen.items() if verdict == "FAIL"} <= NOT_HERE, status.stdout
        assert "cannot look" not in status.stdout
        scene.seen += [f"{what}: {told}" for what, (verdict, told) in seen.items() if verdict == "ok"]


def test_every_log_group_is_asked_for(system: Clone) -> None:
    for service in ("backend", "database", "test-database", "gate", "watch", "webhook", "cluster", "network"):
        logs = operations(system, "logs", "--service", service)
        assert (logs.returncode, logs.stderr) == (0, ""), service


def test_the_doctor_looks_at_the_account(system: Clone, play: Play) -> None:
    with play("the doctor looks at the account", real="the questions; not quotas, nor what a region offers") as scene:
        seen = verdicts(operations(system, "doctor", "--account", "1").stdout)
        for what in ("CDK bootstrap", "SlipwayToolkit", "zones"):
            assert seen[what][0] == "ok", seen
        assert seen["credentials"] == ("warn", "account 000000000000, region eu-west-2, root")
        assert seen["execution policies"] == ("FAIL", "AdministratorAccess")  # as the rehearsal is bootstrapped
        scene.seen += [f"{verdict}: {what}, {told}" for what, (verdict, told) in seen.items()]
