"""DataStack: the production database."""

from aws_cdk import Stack
from constructs import Construct

from cdk_app.network_stack import NetworkStack
from cdk_app.settings import Settings
from slipway import DatabaseAlarms, ManagedDatabase


class DataStack(Stack):
    """The production database, with a life of its own.

    Attributes:
        database: the database.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, network: NetworkStack) -> None:
        """Define the database in `network`."""
        super().__init__(
            scope,
            id_,
            description="Slipway: the production database",
            termination_protection=settings.protect,
        )
        self.database = ManagedDatabase(
            self,
            "Database",
            vpc=network.vpc,
            identifier=f"{settings.name}-production",
            instance_class=settings.database.production_class,
            storage_gib=settings.database.storage_gib,
            multi_az=settings.database.multi_az,
            backup_days=settings.database.backup_days,
            backup_window=settings.database.backup_window,
            maintenance_window=settings.database.maintenance_window,
            insights=True,
            protect=settings.protect,
        )
        DatabaseAlarms(
            self,
            "Alarms",
            database=self.database,
            storage_gib=settings.database.storage_gib,
            alarms=network.alarms,
        )
