"""The firewall that keeps the credentials of Jenkins' host from its controller."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.workplace import ROOT
from tests.play import render, role_variables, run_play

ROLE = ROOT / "ansible/roles/metadata_firewall"
ADDRESSES = ["169.254.169.254", "fd00:ec2::254"]
(JENKINS, _) = yaml.safe_load((ROOT / "ansible/site.yml").read_text())


def roles() -> dict[str, dict[str, Any]]:
    """Return what the roles of Jenkins' host are given, in their order."""
    return {role["role"]: role.get("vars", {}) for role in JENKINS["roles"]}


def rendered(directory: Path, users: list[str]) -> str:
    """Render the rules as the role does."""
    variables = {**role_variables(ROLE, "vars"), "metadata_firewall_users": users}
    done = run_play(directory, tasks=render(ROLE, ["nftables.conf"], directory), variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return (directory / "nftables.conf").read_text()


@pytest.mark.full
def test_only_root_and_the_deploying_agent_are_named(tmp_path: Path) -> None:
    rules = rendered(tmp_path, roles()["metadata_firewall"]["metadata_firewall_users"])

    refusals = [line.strip() for line in rules.splitlines() if line.endswith("reject")]
    assert refusals == [
        "ip daddr 169.254.169.254 meta skuid != { root, deploy } reject",
        "ip6 daddr fd00:ec2::254 meta skuid != { root, deploy } reject",
    ]


def test_the_users_exist_before_the_rules_do_and_the_rules_before_jenkins() -> None:
    order = list(roles())

    assert set(roles()["metadata_firewall"]["metadata_firewall_users"]) <= set(roles()["base"]["base_ssh_users"])
    assert order.index("base") < order.index("metadata_firewall") < order.index("jenkins_controller")


@pytest.mark.full
def test_the_kernel_refuses_everybody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("nft", path="/usr/sbin:/sbin"):
        pytest.skip("needs root and Debian's nftables, to load the rules into a network of its own")
    rendered(tmp_path, ["nobody"])
    script = str(ROOT / "tests/ci/ask_metadata.py")
    rules = str(tmp_path / "nftables.conf")

    done = subprocess.run(
        ["unshare", "--net", sys.executable, script, rules, *ADDRESSES, "--", "root", "nobody", "daemon"],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        check=True,
        stdout=subprocess.PIPE,
        timeout=60,
    )

    assert json.loads(done.stdout) == {"root": ADDRESSES, "nobody": ADDRESSES, "daemon": []}
