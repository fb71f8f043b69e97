"""A MariaDB database on RDS."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from slipway.acknowledge import acknowledge
from slipway.logs import owned_log_group

VERSION = "11.8.9"
"""MariaDB's version on RDS at first; later minor versions come by themselves in the maintenance window."""

MASTER = "master"
_LOGS = ("error", "slowquery")


class ManagedDatabase(Construct):
    """A MariaDB database that nobody holds a password of.

    Guarantees: it lies in isolated subnets and has no public address; storage is encrypted; a connection without TLS
    is refused; IAM sign-in is on; RDS makes, keeps and rotates the master's password in Secrets Manager; no security
    group is admitted until someone adds a rule; minor versions install themselves, within the maintenance window; its
    log groups go with the stack.

    Attributes:
        instance: the RDS instance.
        master_secret: the secret that RDS keeps the master's user name and password in.
        security_group: decides who may connect; lets nobody in.
        port: where it listens.
    """

    port = 3306

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        identifier: str,
        instance_class: str,
        storage_gib: int,
        multi_az: bool,
        backup_days: int,
        backup_window: str,
        maintenance_window: str,
        insights: bool,
        protect: bool,
    ) -> None:
        """Define the database.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: a VPC with isolated subnets.
            identifier: its name in RDS; fixed, because its log groups are named after it.
            instance_class: such as `db.t4g.medium`.
            storage_gib: GiB of storage at first; it grows by itself up to five times that.
            multi_az: keep a standby in another zone.
            backup_days: days that automated backups are kept.
            backup_window: when the daily backup is taken, `hh:mm-hh:mm` in UTC.
            maintenance_window: when versions and certificates may change, `ddd:hh:mm-ddd:hh:mm` in UTC.
            insights: record which statements wait for what, for 7 days; RDS does not offer it for its smallest classes.
            protect: refuse deletion, and leave a snapshot and the backups behind when it is deleted all the same.
        """
        super().__init__(scope, id_)
        engine = rds.DatabaseInstanceEngine.maria_db(
            version=rds.MariaDbEngineVersion.of(VERSION, VERSION.rpartition(".")[0])
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description=f"Database {identifier}", allow_all_outbound=False
        )
        groups = [owned_log_group(self, f"Log-{log}", name=f"/aws/rds/instance/{identifier}/{log}") for log in _LOGS]
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=identifier,
            engine=engine,
            instance_type=ec2.InstanceType(instance_class.removeprefix("db.")),
            parameter_group=rds.ParameterGroup(
                self,
                "Parameters",
                engine=engine,
                description=f"Database {identifier}: TLS only, slow queries logged",
                parameters={"require_secure_transport": "1", "slow_query_log": "1", "log_output": "FILE"},
                removal_policy=RemovalPolicy.DESTROY,
            ),
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[self.security_group],
            publicly_accessible=False,
            credentials=rds.Credentials.from_username(MASTER),
            manage_master_user_password=True,
            iam_authentication=True,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            allocated_storage=storage_gib,
            max_allocated_storage=5 * storage_gib,
            multi_az=multi_az,
            backup_retention=Duration.days(backup_days),
            preferred_backup_window=backup_window,
            preferred_maintenance_window=maintenance_window,
            enable_performance_insights=insights,
            delete_automated_backups=not protect,
            deletion_protection=protect,
            removal_policy=RemovalPolicy.SNAPSHOT if protect else RemovalPolicy.DESTROY,
            auto_minor_version_upgrade=True,
            cloudwatch_logs_exports=list(_LOGS),
        )
        self.instance.node.add_dependency(*groups)
        acknowledge(
            self.instance, "RDS11", reason="security groups, TLS and IAM keep strangers out; an odd port does not"
        )
        if not multi_az:
            acknowledge(self.instance, "RDS3", reason="asked for: a standby would double the price, backups remain")
        if not protect:
            acknowledge(self.instance, "RDS10", reason="asked for: it is to go with its stack")
        secret = self.instance.secret
        if secret is None:
            raise TypeError("RDS manages the master's password, so there is a secret")
        self.master_secret: secretsmanager.ISecret = secret

    def grant_login(self, grantee: iam.IGrantable, *, user: str) -> iam.Grant:
        """Let `grantee` sign in as the database's account `user` with an IAM token, and as no other."""
        return self.instance.grant_connect(grantee, user)
