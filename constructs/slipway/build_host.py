"""A host that builds: an EC2 instance without a door."""

from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge
from slipway.alarm_topic import AlarmTopic

METRICS = "Slipway/Hosts"
"""CloudWatch's namespace for what hosts tell of themselves: memory, disks and failed services, every five minutes."""
_TO_THE_WORLD = {80: "Packages of the distribution, signed", 443: "AWS, source code, images and all other packages"}
_MADE_LATER = ("ec2:<AWS::Region>:<AWS::AccountId>:instance", "ssm:<AWS::Region>:<AWS::AccountId>:association")


class BuildHost(Construct):
    """A private EC2 instance that is reached through Systems Manager alone.

    Guarantees: no public address, no key pair; nobody is admitted, and nothing but HTTP and HTTPS let out, by its
    security group until someone adds a rule; metadata only by IMDSv2 and only from the host itself, not from its
    containers; an encrypted gp3 disk; moved to other hardware when its own fails, and an alarm says so; a role of its
    own that may do nothing but be managed and tell metrics in `METRICS`, and read no parameter, until someone grants
    more.

    Attributes:
        instance: the EC2 instance.
        role: what the host may do.
        security_group: who may connect; lets nobody in, and HTTP and HTTPS alone out, through the NAT gateway.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        subnet: ec2.ISubnet,
        name: str,
        instance_type: str,
        image_parameter: str,
        disk_gib: int,
        alarms: AlarmTopic,
    ) -> None:
        """Define the host.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: where it lives.
            subnet: a private subnet with a way out, for packages.
            name: its Name tag, by which people and policies know it.
            instance_type: an arm64 type such as `t4g.medium`.
            image_parameter: public SSM parameter of an arm64 Ubuntu image, dated, because a new value replaces the
                host; CloudFormation reads it, synthesis does not.
            disk_gib: GiB of its system disk, which goes with the host.
            alarms: told when the host's hardware fails.
        """
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.role = iam.Role(
            self,
            "Role",
            description=f"Host {name}",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        )
        for statement in (*_be_managed(stack), _tell_metrics()):
            self.role.add_to_policy(statement)
        acknowledge(
            self.role,
            "IAM5[Resource::*]",
            reason="Systems Manager's channels, metrics, ECR's sign-in and describing know no narrower resource",
        )
        acknowledge(
            self.role,
            *(f"IAM5[Resource::arn:<AWS::Partition>:{kind}/*]" for kind in _MADE_LATER),
            reason="a role is there before its host and cannot name it: the agent reports of its own instance alone, "
            "and what acts on an instance has a condition that names its host",
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description=f"Host {name}", allow_all_outbound=False
        )
        # Names and the time come from the VPC itself, which no security group can keep a host from.
        for port, purpose in _TO_THE_WORLD.items():
            self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), purpose)
        self.instance = ec2.Instance(
            self,
            "Instance",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=[subnet]),
            instance_type=ec2.InstanceType(instance_type),
            machine_image=ec2.MachineImage.from_ssm_parameter(image_parameter, os=ec2.OperatingSystemType.LINUX),
            role=self.role,
            security_group=self.security_group,
            associate_public_ip_address=False,
            http_tokens=ec2.HttpTokens.REQUIRED,
            # A container on a bridge is one hop further, so the role is the host's alone. What needs it in a container
            # runs on the host's network, and says so: the suites that sign in to the test database.
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/sda1",
                    volume=ec2.BlockDeviceVolume.ebs(disk_gib, volume_type=ec2.EbsDeviceVolumeType.GP3, encrypted=True),
                )
            ],
        )
        # The subnet decides: asking the region for its zones again could answer otherwise one day.
        self.instance.instance.add_property_deletion_override("AvailabilityZone")
        Tags.of(self.instance).add("Name", name)
        acknowledge(
            self.instance,
            "EC28",
            reason="status checks, which recovery and alarms act on, come every minute without detailed monitoring",
        )
        acknowledge(
            self.instance,
            "EC29",
            reason="the host holds nothing that is not on a volume of its own or made anew; protected, no new image or "
            "type could replace it",
        )
        self._watch(
            "HardwareFailure",
            metric="StatusCheckFailed_System",
            action=actions.Ec2InstanceAction.RECOVER,
            says=f"AWS's side of host {name} has failed; EC2 moves the host to other hardware",
            section="host-hardware",
            alarms=alarms,
        )
        self._watch(
            "Hung",
            metric="StatusCheckFailed_Instance",
            action=actions.Ec2InstanceAction.REBOOT,
            says=f"Host {name} does not answer its network any more; EC2 restarts it",
            section="host-hung",
            alarms=alarms,
        )

    def _watch(
        self,
        id_: str,
        *,
        metric: str,
        action: actions.Ec2InstanceAction,
        says: str,
        section: str,
        alarms: AlarmTopic,
    ) -> None:
        """Do something about a status check that has failed for two minutes, and tell somebody."""
        failure = alarms.watch(
            self,
            id_,
            metric=cloudwatch.Metric(
                namespace="AWS/EC2",
                metric_name=metric,
                dimensions_map={"InstanceId": self.instance.instance_id},
                statistic=cloudwatch.Stats.MAXIMUM,
                period=Duration.minutes(1),
            ),
            threshold=1,  # the metric is 0 or 1
            periods=2,
            says=says,
            section=section,
        )
        failure.add_alarm_action(actions.Ec2Action(action))

    def as_condition(self) -> dict[str, dict[str, str]]:
        """Return IAM's condition for an instance that is this host, or the one that it replaces or is replaced by."""
        stack = Stack.of(self)
        tag = "aws:ResourceTag/aws:cloudformation"  # CloudFormation sets these tags, and nobody else can
        return {
            "StringEquals": {
                f"{tag}:stack-id": stack.stack_id,
                f"{tag}:logical-id": stack.get_logical_id(self.instance.instance),
            }
        }


def _be_managed(stack: Stack) -> list[iam.PolicyStatement]:
    """Return what Systems Manager's agent needs for sessions, associations and its own status.

    This is AWS's managed policy AmazonSSMManagedInstanceCore without reading every parameter of the account, without
    what installs packages and patches, which is not used here, and without `ec2messages`, which agents since 3.3.40
    no longer ask. Whoever applies a document to the host grants it.
    """
    instances = stack.format_arn(service="ec2", resource="instance", resource_name="*")
    associations = stack.format_arn(service="ssm", resource="association", resource_name="*")
    return [
        # The role is there before its host, so it cannot name it.
        iam.PolicyStatement(
            actions=["ssm:ListInstanceAssociations", "ssm:PutComplianceItems", "ssm:UpdateInstanceInformation"],
            resources=[instances],
        ),
        iam.PolicyStatement(
            actions=["ssm:DescribeAssociation", "ssm:UpdateInstanceAssociationStatus"],
            resources=[associations, instances],
        ),
        # None of these knows a narrower resource.
        iam.PolicyStatement(
            actions=[
                "ssm:ListAssociations",
                "ssm:PutInventory",
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            resources=["*"],
        ),
    ]


def _tell_metrics() -> iam.PolicyStatement:
    """Return what a host needs to tell of its memory, its disks and its services, which EC2 does not see."""
    return iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": METRICS}},
    )
