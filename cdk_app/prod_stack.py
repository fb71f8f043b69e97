"""ProdStack: one release of the application, and the way to it."""

from itertools import chain
from pathlib import Path

import cdk8s
from aws_cdk import Annotations, CfnOutput, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as assets
from constructs import Construct

from cdk_app.cluster_stack import ClusterStack
from cdk_app.contract import DATABASE_ACCOUNT, DATABASE_SCHEMA, NAMESPACE, SERVICES
from cdk_app.data_stack import DataStack
from cdk_app.network_stack import NetworkStack
from cdk_app.registry_stack import RegistryStack
from cdk_app.settings import Settings
from cdk_app.watch import Watch
from k8s_charts import dockerfile
from k8s_charts.application import Application, Images
from k8s_charts.database import Database
from k8s_charts.network import Network
from k8s_charts.web_service import FEWEST
from k8s_charts.wiring import check as check_wiring
from slipway import EntryPoint, ManagedDatabase, PodRole, PrivateCluster, Release, RolloutGate

_SERVICES = Path(__file__).parents[1] / "services"
_ACCOUNTS = ("backend", "migration")
"""The service accounts whose pods have a role in AWS."""


class ProdStack(Stack):
    """The application in production: pods' roles, manifests, the load balancer, and what watches over them."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        network: NetworkStack,
        registry: RegistryStack,
        data: DataStack,
        cluster: ClusterStack,
    ) -> None:
        """Define the release that `settings` name."""
        super().__init__(scope, id_, description="Slipway: the application in production")
        self.add_stack_dependency(registry)
        platform, database = cluster.cluster, data.database
        self._admit_cluster(platform, database)
        application = Application(
            cdk8s.App(),
            images=self._images(settings),
            database=Database(
                uri=(
                    f"mysql+pymysql://{DATABASE_ACCOUNT}@{database.instance.db_instance_endpoint_address}:{database.port}"
                    f"/{DATABASE_SCHEMA}?charset=utf8mb4"
                ),
                auth="iam",
                region=self.region,
                admin_secret=database.master_secret.secret_arn,
            ),
            network=Network(
                resolver=platform.resolver,
                entrances=[subnet.ipv4_cidr_block for subnet in network.vpc.public_subnets],
                databases=[subnet.ipv4_cidr_block for subnet in network.vpc.isolated_subnets],
            ),
            release=settings.release,
            namespace=NAMESPACE,
        )
        steps = {chart.node.id: chart.to_json() for chart in application.charts}
        release = Release(
            self,
            "Release",
            cluster=platform.cluster,
            steps=steps,
            gate=RolloutGate(
                self,
                "Gate",
                vpc=network.vpc,
                cluster=platform.cluster,
                namespace=NAMESPACE,
                time_limit=Duration.minutes(settings.gate_minutes),
            ),
            fewest=FEWEST,
            after=self._identities(platform, database),
        )
        entry = EntryPoint(
            self,
            "EntryPoint",
            vpc=network.vpc,
            cluster=platform.cluster,
            namespace=NAMESPACE,
            service=application.proxy.service_name,
            port=application.proxy.port,
            health_path="/healthz",
            labels=application.labels,
            domain=settings.domain,
            domain_zone_id=settings.domain_zone_id,
        )
        entry.binding.node.add_dependency(release)
        check_wiring(
            [*chain.from_iterable(steps.values()), entry.manifest],
            starts={service: dockerfile.read(_SERVICES / service / "Dockerfile") for service in SERVICES},
            identities=[(NAMESPACE, account) for account in _ACCOUNTS],
            resolver=platform.resolver,
        )
        Watch(self, "Watch", settings=settings, network=network, cluster=cluster, database=database, entry=entry)
        CfnOutput(
            self,
            "ApplicationUrl",
            description="Where users find the application"
            + ("" if settings.domain else ", over plain HTTP: set domain and domain_zone_id for TLS"),
            value=entry.url,
        )

    def _admit_cluster(self, platform: PrivateCluster, database: ManagedDatabase) -> None:
        """Let the cluster connect to the database; the rule is this stack's, so that neither depends on the other."""
        ec2.CfnSecurityGroupIngress(
            self,
            "ClusterToDatabase",
            description="Database from the cluster",
            group_id=database.security_group.security_group_id,
            source_security_group_id=platform.cluster.cluster_security_group_id,
            ip_protocol="tcp",
            from_port=database.port,
            to_port=database.port,
        )

    def _identities(self, platform: PrivateCluster, database: ManagedDatabase) -> list[PodRole]:
        """Give the backend its sign-in, and the migration the master's secret; the other pods get nothing."""
        backend, migration = (
            PodRole(
                self,
                f"Identity-{account}",
                cluster=platform.cluster,
                namespace=NAMESPACE,
                service_account=account,
            )
            for account in _ACCOUNTS
        )
        database.grant_login(backend.role, user=DATABASE_ACCOUNT)
        database.master_secret.grant_read(migration.role)
        return [backend, migration]

    def _images(self, settings: Settings) -> Images:
        """Return the images that the settings name, or those that this working tree makes."""
        given = settings.images
        proxy = {"proxy": given.proxy} if given.proxy else {}
        if given.backend and given.frontend:
            return Images(backend=given.backend, frontend=given.frontend, **proxy)
        Annotations.of(self).add_warning_v2(
            "slipway:working-tree",
            "THIS DEPLOYS YOUR WORKING TREE: images.backend and images.frontend are not set, so images are built from "
            "services/ as it lies here, tested or not",
        )
        return Images(backend=self._build("backend"), frontend=self._build("frontend"), **proxy)

    def _build(self, service: str) -> str:
        asset = assets.DockerImageAsset(
            self,
            f"Image-{service}",
            directory=str(_SERVICES / service),
            target="runtime",
            platform=assets.Platform.LINUX_ARM64,
        )
        return asset.image_uri
