"""From nothing to the whole system, and from one release to the next."""

import json
import re
from pathlib import Path

import pytest

from rehearsal.aws import inventory
from rehearsal.aws.client import Connect
from rehearsal.deployment import STACKS
from tests.rehearsal.clones import Clone, changed_by
from tests.rehearsal.scenes.conftest import Play

pytestmark = pytest.mark.rehearsal

FIRST_USERS = ("Bob", "Jay", "Matt", "Ferg", "Mo")


def test_the_page_is_served(system: Clone) -> None:
    assert all(name in system.page() for name in FIRST_USERS)


def test_everything_is_there(aws: Connect, system: Clone) -> None:
    states = {stack["StackName"]: stack["StackStatus"] for stack in aws("cloudformation").describe_stacks()["Stacks"]}
    assert set(states) == {*STACKS, "SlipwayToolkit"}
    assert set(states.values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
    empty = {kind: set(names) for kind, names in json.loads((system.path / ".slipway/empty.json").read_text()).items()}
    made = inventory.made_since(empty, aws)
    counts = {kind: len(names) for kind, names in made.items()}
    assert (counts["ec2 Vpcs"], counts["ec2 Subnets"], counts["ec2 Reservations"]) == (1, 9, 2)
    assert made["eks clusters"] == {"slipway"}
    assert made["rds DBInstances"] == {"slipway-production", "slipway-test"}
    assert {"/slipway/release/last-good"} <= made["ssm Parameters"]
    assert made["ssm Associations"] == {"CiStack-jenkins", "CiStack-test"}
    assert set(empty) - set(made) <= {"ec2 NetworkInterfaces", "ec2 Snapshots", "rds DBSnapshots"}


def test_the_default_group_of_the_network_lets_nothing_through(aws: Connect) -> None:
    groups = aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])
    (closed,) = [group for group in groups["SecurityGroups"] if group["VpcId"] != "vpc-00000001"]
    assert (closed["IpPermissions"], closed["IpPermissionsEgress"]) == ([], [])


def test_what_runs_is_told(system: Clone) -> None:
    status = system.run("status")
    assert status.returncode == 0, status.stderr
    ready = re.findall(r"^  (backend|frontend|proxy)-.* ready$", status.stdout, re.MULTILINE)
    assert set(ready) == {"backend", "frontend", "proxy"}
    asked = re.findall(r"^  (backend|frontend) +(\d+) +(\d+) ", status.stdout, re.MULTILINE)
    assert {service for service, requests, _ in asked if int(requests) > 0} == {"backend", "frontend"}
    assert [failed for _, _, failed in asked] == ["0", "0"], "what pods answer while they start is no user's"
    assert '"uri":"/"' in system.run("logs").stdout


def test_nothing_knows_what_the_shell_that_deploys_knows(system: Clone) -> None:
    running = system.processes()
    assert running
    for process in running:
        assert b"of-the-developer" not in Path(f"/proc/{process}/environ").read_bytes()


def test_only_this_user_may_read_how_to_sign_in(system: Clone) -> None:
    for file in ("machine.json", "kubeconfig"):
        assert (system.path / ".slipway" / file).stat().st_mode & 0o077 == 0


def test_another_port_is_refused_while_it_runs(system: Clone) -> None:
    elsewhere = system.run("up", "--port", "8081")
    assert elsewhere.returncode == 1
    assert elsewhere.stderr == f"slipway: already running on port {system.port}; stop that first: make down\n"


def test_deploying_again_changes_nothing(system: Clone, play: Play) -> None:
    with play("deploy again") as scene:
        again = system.up()
        assert again.returncode == 0, again.stderr
        assert changed_by(again) == set()
        scene.seen.append("no stack has changed")


def test_an_application_change_is_a_release_of_its_own(system: Clone, play: Play) -> None:
    template = system.path / "services/frontend/application/templates/base.html"
    template.write_text(template.read_text().replace("</body>", "the next release</body>"))
    differing = system.run("diff").stdout
    assert "Stack ProdStack" in differing
    with play("an application change") as scene:
        release = system.up()
        assert release.returncode == 0, release.stderr
        assert changed_by(release) == {"ProdStack"}
        assert "the next release" in system.page()
        scene.seen.append("only ProdStack has changed, and the page is the new one")
