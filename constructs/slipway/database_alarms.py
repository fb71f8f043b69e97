"""Alarms on a database."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from slipway.alarm_topic import AlarmTopic
from slipway.managed_database import ManagedDatabase

CPU_PERCENT = 80
CONNECTIONS = 250
"""Three quarters of what RDS allows the smallest class that production may have: one for each 12,582,880 bytes, 341 of
4 GiB. The application opens 72 at most."""

_GIB = 2**30
_FULL = 20
"""RDS adds storage when a tenth is left. When half of that is left it did not: at its limit, or twice in six hours."""


class DatabaseAlarms(Construct):
    """Alarms on a database's processor, storage and connections.

    There is none on the lag of a replica: a Multi-AZ instance's standby is written at the same time, and has none.
    """

    def __init__(
        self, scope: Construct, id_: str, *, database: ManagedDatabase, storage_gib: int, alarms: AlarmTopic
    ) -> None:
        """Define the alarms of `database`, which had `storage_gib` at first; `alarms` is told."""
        super().__init__(scope, id_)
        five = Duration.minutes(5)
        alarms.watch(
            self,
            "Cpu",
            metric=database.instance.metric_cpu_utilization(period=five),
            threshold=CPU_PERCENT,
            periods=3,
            says=f"The database's processor has been {CPU_PERCENT} % busy for a quarter of an hour",
            section="database-cpu",
        )
        alarms.watch(
            self,
            "Storage",
            metric=database.instance.metric_free_storage_space(period=five, statistic=cloudwatch.Stats.MINIMUM),
            threshold=storage_gib * _GIB / _FULL,
            below=True,
            periods=3,
            says="The database's storage is nearly full, and RDS does not add any",
            section="database-storage",
        )
        alarms.watch(
            self,
            "Connections",
            metric=database.instance.metric_database_connections(period=five, statistic=cloudwatch.Stats.MAXIMUM),
            threshold=CONNECTIONS,
            periods=2,
            says=f"{CONNECTIONS} connections to the database are open, far more than the application needs",
            section="database-connections",
        )
