"""What users are promised, and alarms on how fast the promise is being broken."""

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from slipway.alarm_topic import AlarmTopic
from slipway.traffic import Traffic

_MONTH = 30 * 24 * 60  # minutes


@dataclass(frozen=True, kw_only=True)
class Burn:
    """A speed at which the bad requests that a month may have are used up.

    Attributes:
        name: in the alarms' names and the section of the runbook.
        rate: how many times as fast as the month allows.
        long: minutes for which it has gone on.
        short: minutes that show that it still goes on; without it, an alarm would outlast its reason.
    """

    name: str
    rate: float
    long: int
    short: int

    @property
    def spent(self) -> float:
        """The share of the month's bad requests, in percent, that is used up when the alarm begins."""
        return 100 * self.rate * self.long / _MONTH


BURNS = (
    Burn(name="fast", rate=14.4, long=60, short=5),
    Burn(name="steady", rate=6, long=6 * 60, short=30),
    Burn(name="slow", rate=3, long=24 * 60, short=2 * 60),
)
"""As Google's Site Reliability Workbook has them, but for the last, which there looks back three days: CloudWatch
judges one day at once at most."""

_FEWEST = 10
"""Bad requests below which nobody is told: where users are few, one slow answer is a large share."""


class ServiceObjective(Construct):
    """A promise: so many percent of a month's requests get their answer, and no error, within so many seconds.

    Guarantees: an alarm begins only when requests have been bad both for a long while and just now, and ends soon after
    they are good again; the faster, the sooner; fewer than ten bad requests wake nobody.

    Attributes:
        seconds: in which an answer is to begin.
        allowed: the percentage of requests that may be bad.
        alarms: those that tell, one for each of `BURNS`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, traffic: Traffic, percent: float, seconds: float, alarms: AlarmTopic
    ) -> None:
        """Define the promise that `percent` of `traffic` takes `seconds` at most."""
        super().__init__(scope, id_)
        self._traffic, self.seconds, self.allowed = traffic, seconds, round(100 - percent, 6)
        self.alarms = [self._judge(burn, alarms) for burn in BURNS]

    def bad_share(self, period: Duration, *, fewest: int = 1) -> cloudwatch.MathExpression:
        """Return the percentage of requests that broke the promise; 0 while these are under `fewest`."""
        return self._traffic.bad_share(self.seconds, period, fewest=fewest)

    def _judge(self, burn: Burn, alarms: AlarmTopic) -> cloudwatch.CompositeAlarm:
        """Make the alarm of one speed, out of two that tell nobody."""
        name = burn.name.capitalize()
        section = f"objective-{burn.name}"
        looks = [
            cloudwatch.Alarm(
                self,
                f"{name}{length}",
                alarm_description=alarms.explained(f"A part of the alarm on the objective, {burn.name}", section),
                metric=self.bad_share(Duration.minutes(minutes), fewest=fewest),
                threshold=round(burn.rate * self.allowed, 6),
                evaluation_periods=1,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            for length, minutes, fewest in (("Long", burn.long, _FEWEST), ("Short", burn.short, 1))
        ]
        alarm = cloudwatch.CompositeAlarm(
            self,
            name,
            # Without a name the CDK invents one that the stack's does not begin, by which deployments are limited.
            composite_alarm_name=f"{Stack.of(self).stack_name}-{section}",
            alarm_description=alarms.explained(
                f"Requests fail or are slow {burn.rate:g} times as often as a month allows, so that {burn.spent:g} % "
                "of its bad requests are used up",
                section,
            ),
            alarm_rule=cloudwatch.AlarmRule.all_of(
                *(cloudwatch.AlarmRule.from_alarm(look, cloudwatch.AlarmState.ALARM) for look in looks)
            ),
        )
        alarms.tell(alarm)
        return alarm
