"""How far every template is from what CloudFormation takes."""

import pytest
from cfnlint.helpers import LIMITS

from tests.stacks.synthesis import STACKS, Synthesis

SECTIONS = ("Resources", "Parameters", "Mappings", "Outputs")


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_is_under_half_of_every_limit(synthesis: Synthesis, stack: str) -> None:
    template = synthesis.templates[stack]
    used = {section: (len(template.get(section, {})), LIMITS[section]["number"]) for section in SECTIONS}
    used["bytes"] = (synthesis.path(stack).stat().st_size, LIMITS["template"]["body"])
    print(f"{stack}: " + ", ".join(f"{what} {number} of {limit}" for what, (number, limit) in used.items()))  # noqa: T201 - the figures
    assert [what for what, (number, limit) in used.items() if 2 * number >= limit] == []


def test_the_limits_are_those_that_aws_documents() -> None:
    assert [LIMITS[section]["number"] for section in SECTIONS] == [500, 200, 200, 200]
    assert LIMITS["template"]["body"] == 1_000_000
