"""What cfn-lint says of every template."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.bootstrap.policies import Policies
from tests.stacks.synthesis import STACKS, Synthesis

# It takes as long as a synthesis.
pytestmark = pytest.mark.full

REGIONS = ("eu-west-2", "us-east-1")
IGNORED = (
    "W3005",  # the CDK states a function's dependency on its role although Fn::GetAtt implies it; harmless
)


def lint(templates: Sequence[Path]) -> list[dict[str, Any]]:
    """Return what cfn-lint finds in `templates`, warnings included."""
    options = ["--format", "json", "--regions", *REGIONS, "--ignore-checks", *IGNORED]
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), *options, "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    return findings


@pytest.fixture(scope="module")
def findings(
    synthesis: Synthesis, policies: Policies, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What cfn-lint finds in all templates, and in a broken one: a second run would take as long again."""
    broken = tmp_path_factory.mktemp("lint") / "Broken.template.json"
    text = synthesis.path("DataStack").read_text("utf-8")
    broken.write_text(text.replace('"db.t4g.medium"', '"db.t4g.middling"'), "utf-8")
    return lint([*(synthesis.path(stack) for stack in STACKS), policies.path, broken])


def _about(findings: list[dict[str, Any]], stack: str) -> list[str]:
    return [
        f"{item['Rule']['Id']} {item['Message']} at {'/'.join(map(str, item['Location']['Path']))}"
        for item in findings
        if Path(item["Filename"]).name == f"{stack}.template.json"
    ]


@pytest.mark.parametrize("stack", [*STACKS, "BootstrapStack"])
def test_cfn_lint_finds_nothing(findings: list[dict[str, Any]], stack: str) -> None:
    assert _about(findings, stack) == []


def test_cfn_lint_finds_what_is_wrong(findings: list[dict[str, Any]]) -> None:
    assert [finding for finding in _about(findings, "Broken") if "db.t4g.middling" in finding] != []
