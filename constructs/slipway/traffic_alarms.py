"""Alarms on what users meet at the load balancer."""

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from slipway.alarm_topic import AlarmTopic
from slipway.traffic import Traffic

ERROR_PERCENT = 5
LATENCY_SECONDS = 1.0
"""A request is answered within a second whatever stands behind it: that is the application's own limit."""

_FEWEST_ERRORS = 5
_CERTIFICATE_DAYS = 30
"""ACM renews 60 days before the end; a month later it has met something that only a person can change."""


class TrafficAlarms(Construct):
    """Alarms on errors, slowness, pods that the load balancer gives up on, and the certificate.

    Guarantees: no traffic is no error; health checks of which nothing is heard have failed.

    Attributes:
        alarms: the alarms.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        traffic: Traffic,
        certificate: acm.ICertificate | None,
        alarms: AlarmTopic,
    ) -> None:
        """Define the alarms of `traffic`, and of `certificate` where there is one; `alarms` is told."""
        super().__init__(scope, id_)
        five = Duration.minutes(5)
        errors = alarms.watch(
            self,
            "Errors",
            metric=traffic.error_share(five, fewest=_FEWEST_ERRORS),
            threshold=ERROR_PERCENT,
            says=f"{ERROR_PERCENT} % of the requests of five minutes ended in an error of the server",
            section="errors",
        )
        latency = alarms.watch(
            self,
            "Latency",
            metric=traffic.latency("p99", five),
            threshold=LATENCY_SECONDS,
            periods=3,
            says=f"One request of a hundred took {LATENCY_SECONDS:g} s or longer, for a quarter of an hour",
            section="latency",
        )
        unhealthy = alarms.watch(
            self,
            "UnhealthyTargets",
            metric=traffic.unhealthy(),
            threshold=1,
            periods=5,
            missing=cloudwatch.TreatMissingData.BREACHING,
            says="A pod of the proxy has not answered the load balancer for five minutes",
            section="unhealthy-targets",
        )
        self.alarms = [errors, latency, unhealthy]
        if certificate is not None:
            self.alarms.append(self._of_certificate(certificate, alarms))

    def _of_certificate(self, certificate: acm.ICertificate, alarms: AlarmTopic) -> cloudwatch.Alarm:
        return alarms.watch(
            self,
            "Certificate",
            metric=certificate.metric_days_to_expiry(period=Duration.days(1), statistic=cloudwatch.Stats.MINIMUM),
            threshold=_CERTIFICATE_DAYS,
            below=True,
            missing=cloudwatch.TreatMissingData.IGNORE,  # it is told once a day
            says=f"The certificate ends within {_CERTIFICATE_DAYS} days, and ACM has not renewed it",
            section="certificate",
        )
