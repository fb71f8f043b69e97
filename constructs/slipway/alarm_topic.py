"""Where alarms go."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from slipway.trust import for_this_account


class AlarmTopic(Construct):
    """The one topic that all alarms of the system are published to.

    Guarantees: only CloudWatch's alarms of this account, and EventBridge, publish to it, and only over TLS; whoever is
    subscribed must have confirmed.

    Attributes:
        topic: the SNS topic.
    """

    def __init__(self, scope: Construct, id_: str, *, email: str | None = None) -> None:
        """Define the topic; `email` is asked whether he wants its messages."""
        super().__init__(scope, id_)
        topic = sns.Topic(self, "Topic", display_name="Slipway", enforce_ssl=True)
        # EventBridge tells SNS nothing that a condition could look at: with one, its messages would be lost in silence.
        for sid, service, conditions in (
            ("PublishAlarms", "cloudwatch.amazonaws.com", for_this_account(self)),
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
