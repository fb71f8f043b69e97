"""What the account may cost, and who hears of it."""

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

_THRESHOLDS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Of what kind of cost how many percent are told; whoever changes them gives the budget another name, too."""


class MonthlyBudget(Construct):
    """A budget of everything that the account costs in a month.

    Guarantees: it costs nothing and stops nothing; `topic` is told once a month of each threshold: when four fifths are
    spent, when all is, and as soon as Amazon expects that all will be.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, usd: int, topic: sns.ITopic) -> None:
        """Define the budget.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            name: what it is called; budgets know no region, so that it has to be the only one in the account.
            usd: US dollars a month.
            topic: a topic that AWS Budgets may publish to.
        """
        super().__init__(scope, id_)
        told = budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                # With a name of CloudFormation's, a deployment would need leave to change every budget of the account.
                budget_name=name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent
                    ),
                    subscribers=[told],
                )
                for kind, percent in _THRESHOLDS
            ],
        )
