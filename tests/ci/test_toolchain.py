"""The test host has what the checks of a push ask for: there nothing may be skipped for want of a tool."""

import re
from typing import Any

import yaml

from tests.ci.workplace import ROOT

(_, TEST) = yaml.safe_load((ROOT / "ansible/site.yml").read_text())
JAVA = "default-jre-headless"  # as Debian calls it; the agent itself runs on one


def given(role: str) -> dict[str, Any]:
    """Return what the playbook gives a role of the test host."""
    (found,) = [item for item in TEST["roles"] if item["role"] == role]
    variables: dict[str, Any] = found.get("vars", {})
    return variables


def test_what_the_checks_would_be_skipped_without_is_installed() -> None:
    checks = [*(ROOT / "ci").glob("lint*"), *(ROOT / "tests/ci").rglob("*.py")]
    asked = {
        package
        for check in checks
        for names in re.findall(r"apt-get install ([a-z -]+)", check.read_text())
        for package in names.split()
    }

    assert "shellcheck" in asked
    assert asked - {JAVA} == set(given("toolchain")["toolchain_check_packages"])
