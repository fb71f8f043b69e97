"""A budget grows in place, and goes with its stack."""

from typing import Any

import pytest

from rehearsal.aws import inventory
from tests.rehearsal.aws.conftest import Aws
from tests.rehearsal.aws.stack import Stack

pytestmark = pytest.mark.full

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {}}
ACCOUNT = "000000000000"
TOLD = {"ComparisonOperator": "GREATER_THAN", "NotificationType": "FORECASTED", "Threshold": 100}


def budget(usd: int) -> dict[str, Any]:
    return {
        "Type": "AWS::Budgets::Budget",
        "Properties": {
            "Budget": {
                "BudgetName": "slipway",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": usd, "Unit": "USD"},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": TOLD,
                    "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "Topic"}}],
                }
            ],
        },
    }


def test_a_budget_tells_its_topic_grows_and_goes(aws: Aws, stack: Stack) -> None:
    budgets = aws.client("budgets")
    assert stack.deploy({"Topic": TOPIC, "Budget": budget(650)}) == "CREATE_COMPLETE", stack.reasons
    (subscriber,) = budgets.describe_subscribers_for_notification(
        AccountId=ACCOUNT, BudgetName=stack.ids["Budget"], Notification=TOLD
    )["Subscribers"]
    assert subscriber["Address"] == stack.ids["Topic"]
    assert stack.deploy({"Topic": TOPIC, "Budget": budget(700)}) == "UPDATE_COMPLETE", stack.reasons
    (found,) = budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert (found["BudgetName"], float(found["BudgetLimit"]["Amount"])) == (stack.ids["Budget"], 700)
    assert inventory.take(aws.client)["budgets Budgets"] == {"slipway"}
    stack.delete()
    assert budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"] == []
