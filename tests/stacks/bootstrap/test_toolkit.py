"""The roles that `cdk bootstrap` makes deploy our stacks and no others."""

import pytest

from tests.stacks.bootstrap.policies import Policies, judge
from tests.stacks.bootstrap.samples import arn
from tests.stacks.synthesis import STACKS

pytestmark = pytest.mark.full

CHANGES = ("CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "UpdateTerminationProtection")


def verdicts(policies: Policies, stacks: tuple[str, ...]) -> set[str]:
    requests = [
        {"action": f"cloudformation:{change}", "resource": arn("cloudformation", f"stack/{stack}/1")}
        for stack in stacks
        for change in CHANGES
    ]
    return {verdict for answer in judge(policies.toolkit, requests) for verdict in answer["verdicts"].values()}


def test_they_may_change_our_stacks(policies: Policies) -> None:
    assert verdicts(policies, STACKS) == {"Allowed"}


@pytest.mark.parametrize("stack", ["Payroll", "BootstrapStack", "SlipwayToolkit", "ProdStack2"])
def test_they_may_not_change_another_stack(policies: Policies, stack: str) -> None:
    assert verdicts(policies, (stack,)) == {"ExplicitlyDenied"}
