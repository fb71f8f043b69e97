"""Where alarms go, and where it is written what to do about them."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from slipway.trust import for_this_account


class AlarmTopic(Construct):
    """The one topic that all alarms of the system are published to.

    Guarantees: only alarms and budgets of this account, and EventBridge, publish to it, and only over TLS; whoever is
    subscribed must have confirmed; an alarm that is made here says where its section of the runbook stands, and tells
    its end as well as its beginning.

    Attributes:
        topic: the SNS topic.
    """

    def __init__(self, scope: Construct, id_: str, *, runbook: str, email: str | None = None) -> None:
        """Define the topic.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            runbook: URL of the page that has a section for each alarm.
            email: is asked whether he wants the topic's messages; nobody by default.
        """
        super().__init__(scope, id_)
        self._runbook = runbook
        topic = sns.Topic(self, "Topic", display_name="Slipway", enforce_ssl=True)
        # EventBridge tells SNS nothing that a condition could look at: with one, its messages would be lost in silence.
        for sid, service, conditions in (
            ("PublishAlarms", "cloudwatch.amazonaws.com", for_this_account(self)),
            ("PublishBudgets", "budgets.amazonaws.com", for_this_account(self)),
            ("PublishEvents", "events.amazonaws.com", {}),
        ):
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    actions=["sns:Publish"],
                    principals=[iam.ServicePrincipal(service)],
                    resources=[topic.topic_arn],
                    conditions=conditions,
                )
            )
        if email is not None:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        # What is handed out is a reference: the CDK would add a statement without a condition for whoever publishes.
        self.topic = sns.Topic.from_topic_arn(self, "Reference", topic.topic_arn)

    def explained(self, says: str, section: str) -> str:
        """Return a message that ends with the address of the runbook's `section`."""
        return f"{says}. {self._runbook}#{section}"

    def tell(self, alarm: cloudwatch.AlarmBase) -> None:
        """Publish when `alarm` begins and when it ends."""
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def watch(
        self,
        scope: Construct,
        id_: str,
        *,
        metric: cloudwatch.IMetric,
        threshold: float,
        says: str,
        section: str,
        below: bool = False,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        """Make an alarm in `scope`.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            metric: what is watched; its period is how long it is looked at for one judgement.
            threshold: what it may not reach.
            says: what has happened, for a person who is woken; without a full stop.
            section: the anchor of what the runbook says about it.
            below: whether it may not fall to the threshold, instead of rising to it.
            periods: how many periods in a row must be bad.
            missing: what silence means; that all is well by default.
        """
        operators = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            scope,
            id_,
            alarm_description=self.explained(says, section),
            metric=metric,
            comparison_operator=(
                operators.LESS_THAN_OR_EQUAL_TO_THRESHOLD if below else operators.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            threshold=threshold,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        self.tell(alarm)
        return alarm
