"""What fails is put back, is explained, and touches nothing else."""

import json
import os
import signal
import subprocess
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from rehearsal.aws import inventory
from rehearsal.aws.client import Connect
from tests.rehearsal.clones import Clone, copied
from tests.rehearsal.scenes.conftest import Play

pytestmark = pytest.mark.rehearsal

PATIENCE = 120.0

REFUSED = """\
        CfnSecurityGroupIngress(
            self, "Wrong", group_id="sg-0123456789abcdef0", ip_protocol="tcp", from_port=3306, to_port=3306,
            cidr_ip="10.0.0.0/8", description="of a group that is not there",
        )
"""
"""What AWS would refuse, at the end of a stack."""


@pytest.mark.parametrize(
    ("service", "what"),
    [("frontend", "a release whose pods crash"), ("backend", "a release whose migration crashes")],
)
def test_a_release_that_does_not_come_to_life_is_put_back(
    system: Clone, aws: Connect, play: Play, service: str, what: str
) -> None:
    before, page = inventory.take(aws), system.page()
    package = system.path / f"services/{service}/application/__init__.py"
    kept = package.read_text()
    with play(what) as scene:
        package.write_text("raise RuntimeError('this release is broken')\n")
        try:
            done = system.up()
        finally:
            package.write_text(kept)
        assert done.returncode == 1
        assert done.stderr.startswith("slipway: the deployment failed, and what it had changed was put back")
        assert "this release is broken" in done.stderr  # what the gate's own code has read in the cluster
        assert inventory.take(aws) == before
        assert system.page() == page
        (told,) = {line.partition(") ")[2] for line in done.stderr.splitlines() if "Custom::RolloutGate" in line}
        scene.seen += [f"told: {told}", "nothing else has changed, and the page before is served"]


def test_a_platform_change_that_aws_refuses_is_put_back(system: Clone, aws: Connect, play: Play) -> None:
    before = inventory.take(aws)
    stack = system.path / "cdk_app/data_stack.py"
    kept = stack.read_text()
    with play("a platform change that AWS would refuse", real="what the emulator and its additions refuse") as scene:
        imported = kept.replace(
            "from constructs", "from aws_cdk.aws_ec2 import CfnSecurityGroupIngress\nfrom constructs"
        )
        stack.write_text(imported + REFUSED)
        try:
            done = system.up()
        finally:
            stack.write_text(kept)
        assert done.returncode == 1
        assert "sg-0123456789abcdef0" in done.stderr
        assert inventory.take(aws) == before
        scene.seen.append("DataStack was put back, and nothing else has changed")


def test_a_deployment_whose_cdk_is_killed_is_gone_on_with(tmp_path: Path, play: Play) -> None:
    with copied(tmp_path / "a clone") as clone, play("kill -9 of the CDK in the middle of a deployment") as scene:
        with clone.begun("up", "--port", str(clone.port), "--pods", clone.pods) as begun:
            wait_for_line(clone.path / ".slipway/cdk.log", "NetworkStack |", begun)
            deploying = [
                child for child in psutil.Process(begun.pid).children(recursive=True) if "deploy" in child.cmdline()
            ]
            assert deploying
            for child in deploying:
                child.kill()
            begun.communicate(timeout=PATIENCE)
            assert begun.returncode == 1
        again = clone.up()
        assert again.returncode == 0, again.stderr
        assert "Bob" in clone.page()
        scene.seen.append("the next deployment went on, and the page is served")

        os.kill(json.loads((clone.path / ".slipway/machine.json").read_text())["pid"], signal.SIGKILL)
        status = clone.run("status")
        assert status.returncode == 1
        assert status.stderr == "slipway: what ran here was killed and has left processes; end them: make down\n"
        assert clone.run("down").returncode == 0
        assert clone.processes() == set()


def wait_for_line(log: Path, text: str, process: subprocess.Popen[str]) -> None:
    """Wait until a log has a line with `text`."""
    begun = monotonic()
    while not log.exists() or text not in log.read_text():
        assert process.poll() is None, "it ended before"
        assert monotonic() - begun < PATIENCE, f"{log.name} has no line with {text!r}"
        sleep(0.1)
