"""CiStack: the hosts that build, test and deploy."""

from pathlib import Path

from aws_cdk import Annotations, CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app.contract import DATABASE_ACCOUNT
from cdk_app.network_stack import NetworkStack
from cdk_app.registry_stack import RegistryStack
from cdk_app.settings import Ci, Settings
from slipway import (
    AnsibleDelivery,
    BuildHost,
    DurableVolume,
    HostParameter,
    ManagedDatabase,
    PipelineAlarms,
    WebhookEntrance,
    acknowledge,
)

_PLAYBOOKS = Path(__file__).parents[1] / "ansible"
_JENKINS_PORT = 8080
_SSH_PORT = 22
_BOOTSTRAP_ROLES = ("deploy", "file-publishing")
"""Of the CDK's roles, those that release images which are there: none is built, and nothing is looked up."""


class CiStack(Stack):
    """Jenkins, the host that it builds and tests on, the test database, and the way in for GitHub's webhook."""

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, network: NetworkStack, registry: RegistryStack
    ) -> None:
        """Define the build side in `network`; it writes images to `registry`."""
        super().__init__(scope, id_, description="Slipway: Jenkins, the test host and the test database")
        self.add_stack_dependency(registry)
        self._settings = settings
        self._vpc = network.vpc
        self._subnet = network.vpc.private_subnets[0]
        self._alarms = network.alarms
        if settings.ci.repository == Ci().repository:
            Annotations.of(self).add_warning_v2(
                "slipway:repository",
                "ci.repository is a placeholder: give the URL that Jenkins clones, -c ci.repository=https://…",
            )

        self._jenkins = self._host("Jenkins", settings.ci.jenkins_type, disk_gib=30)
        self._test = self._host("Test", settings.ci.test_type, disk_gib=60)
        self._jenkins.security_group.connections.allow_to(
            self._test.security_group, ec2.Port.tcp(_SSH_PORT), "Jenkins starts its agent"
        )
        self._controller_key = self._parameter("ControllerKey", "ci/controller-public-key", "Public key of Jenkins")
        self._test_key = self._parameter("TestHostKey", "ci/test-host-key", "SSH host key of the test host")
        self._last_good = self._parameter("LastGood", "release/last-good", "The last release that passed verification")
        home = DurableVolume(
            self,
            "JenkinsHome",
            name=f"{settings.name}-jenkins-home",
            subnet=self._subnet,
            size_gib=settings.ci.home_gib,
        )
        home.grant_attach(self._jenkins)
        administrator = secretsmanager.Secret(
            self,
            "JenkinsAdministrator",
            description="Password of Jenkins' first administrator, admin",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=40, exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        administrator.grant_read(self._jenkins.role)
        self._let_jenkins_read("GithubToken", settings.ci.github_token_secret)
        self._let_jenkins_read("OidcClientSecret", settings.ci.oidc_client_secret)
        self._let_jenkins_read("Chat", settings.ci.chat_secret)
        self._let_jenkins_read("Jira", settings.ci.jira_secret)
        acknowledge(
            administrator,
            "SMG4",
            reason="it is for the first sign-in and for emergencies; docs/ci.md tells how to change it",
        )
        database = self._database()
        self._let_test_host_build(registry)
        self._let_jenkins_deploy(registry)
        self._let_hosts_exchange_keys()
        self._deliver(home=home, administrator=administrator, database=database)
        self._webhook()
        PipelineAlarms(self, "Builds", host=self._jenkins, alarms=self._alarms)
        CfnOutput(
            self,
            "JenkinsSession",
            description="Opens Jenkins at http://localhost:8080",
            value=Fn.sub(
                "aws ssm start-session --target ${Id} --document-name AWS-StartPortForwardingSession"
                f" --parameters portNumber={_JENKINS_PORT},localPortNumber=8080",
                {"Id": self._jenkins.instance.instance_id},
            ),
        )
        CfnOutput(
            self,
            "JenkinsPassword",
            description="Name of the secret with the administrator's password",
            value=administrator.secret_name,
        )

    def _host(self, id_: str, instance_type: str, *, disk_gib: int) -> BuildHost:
        return BuildHost(
            self,
            id_,
            vpc=self._vpc,
            subnet=self._subnet,
            name=f"{self._settings.name}-{id_.lower()}",
            instance_type=instance_type,
            image_parameter=self._settings.ci.image,
            disk_gib=disk_gib,
            alarms=self._alarms,
        )

    def _parameter(self, id_: str, path: str, description: str) -> HostParameter:
        return HostParameter(self, id_, name=f"/{self._settings.name}/{path}", description=description)

    def _database(self) -> ManagedDatabase:
        """Make the test database; the test host signs in as production's backend and migration do."""
        database = ManagedDatabase(
            self,
            "TestDatabase",
            vpc=self._vpc,
            identifier=f"{self._settings.name}-test",
            instance_class=self._settings.database.test_class,
            storage_gib=self._settings.database.storage_gib,
            multi_az=False,
            backup_days=1,
            backup_window=self._settings.database.backup_window,
            maintenance_window=self._settings.database.maintenance_window,
            insights=False,
            protect=False,
        )
        self._test.security_group.connections.allow_to(
            database.security_group, ec2.Port.tcp(database.port), "Test database from the test host"
        )
        database.grant_login(self._test.role, user=DATABASE_ACCOUNT)
        database.master_secret.grant_read(self._test.role)
        return database

    def _let_test_host_build(self, registry: RegistryStack) -> None:
        """Let the test host write candidate images, and read which release users get, whose suite it runs, too.

        What it builds may be a stranger's, so it may do no more.
        """
        for repository in registry.candidates.values():
            repository.grant_pull_push(self._test.role)
        self._last_good.grant_read(self._test)

    def _let_jenkins_deploy(self, registry: RegistryStack) -> None:
        """Let the deploying agent on Jenkins' host release what was tested, through the CDK's bootstrap roles."""
        role = self._jenkins.role
        for repository in registry.candidates.values():
            repository.grant_pull(role)
        for repository in registry.releases.values():
            repository.grant_pull_push(role)
        self._last_good.grant_write(self._jenkins)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[
                    self.format_arn(
                        service="iam",
                        region="",
                        resource="role",
                        resource_name=f"cdk-{self.synthesizer.bootstrap_qualifier}-{name}-role-{self.account}-{self.region}",
                    )
                    for name in _BOOTSTRAP_ROLES
                ],
            )
        )

    def _let_jenkins_read(self, id_: str, secret_arn: str | None) -> None:
        """Let Jenkins' host read a secret that a person has put into Secrets Manager, if one is set."""
        if secret_arn:
            secretsmanager.Secret.from_secret_complete_arn(self, id_, secret_arn).grant_read(self._jenkins.role)

    def _let_hosts_exchange_keys(self) -> None:
        """Let each host publish its key and read the other's; Jenkins' deploying agent admits its own controller."""
        self._controller_key.grant_write(self._jenkins)
        self._controller_key.grant_read(self._test)
        self._test_key.grant_write(self._test)
        self._test_key.grant_read(self._jenkins)

    def _deliver(
        self, *, home: DurableVolume, administrator: secretsmanager.ISecret, database: ManagedDatabase
    ) -> None:
        """Configure both hosts at the same time: each waits for what the other publishes."""
        delivery = AnsibleDelivery(self, "Ansible", directory=_PLAYBOOKS, alarms=self._alarms)
        ci = self._settings.ci
        registry = f"{self.account}.dkr.ecr.{self.region}.{self.url_suffix}/{self._settings.name}"
        shared = {
            "slipway_name": self._settings.name,
            "slipway_region": self.region,
            "slipway_repository_url": ci.repository,
            "slipway_controller_key_parameter": self._controller_key.name,
            "slipway_test_host_key_parameter": self._test_key.name,
            "slipway_candidate_registry": f"{registry}/candidate",
        }
        delivery.apply(
            self._jenkins,
            play="jenkins",
            variables={
                **shared,
                "slipway_release_registry": registry,
                "slipway_last_good_parameter": self._last_good.name,
                "slipway_jenkins_admin_secret": administrator.secret_arn,
                "slipway_approval": ci.approval,
                "slipway_chat_secret": ci.chat_secret or "",
                "slipway_jira_secret": ci.jira_secret or "",
                "slipway_github_token_secret": ci.github_token_secret or "",
                "slipway_oidc_issuer": ci.oidc_issuer or "",
                "slipway_oidc_client_id": ci.oidc_client_id or "",
                "slipway_oidc_client_secret": ci.oidc_client_secret or "",
                "slipway_oidc_admins": ci.oidc_admins or "",
                "slipway_jenkins_volume_id": home.volume_id,
                "slipway_test_host_address": self._test.instance.instance_private_ip,
                "slipway_test_executors": str(ci.test_executors),
                "slipway_test_database_host": database.instance.db_instance_endpoint_address,
                "slipway_test_database_secret": database.master_secret.secret_arn,
            },
        )
        delivery.apply(self._test, play="test", variables=shared)

    def _webhook(self) -> None:
        webhook = WebhookEntrance(
            self,
            "Webhook",
            vpc=self._vpc,
            repository=self._settings.ci.repository,
            trigger_url=(
                f"http://{self._jenkins.instance.instance_private_ip}:{_JENKINS_PORT}"
                f"/git/notifyCommit?url={self._settings.ci.repository}"
            ),
            target=self._jenkins.security_group,
            target_port=_JENKINS_PORT,
        )
        CfnOutput(self, "WebhookUrl", description="GitHub's payload URL", value=webhook.url)
        CfnOutput(
            self,
            "WebhookSecret",
            description="Name of the secret to give GitHub",
            value=webhook.secret.secret_name,
        )
