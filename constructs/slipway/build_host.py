"""A host that builds: an EC2 instance without a door."""

from aws_cdk import Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct


class BuildHost(Construct):
    """A private EC2 instance that is reached through Systems Manager alone.

    Guarantees: no public address, no key pair, nobody admitted by its security group until someone adds a rule;
    metadata only by IMDSv2 and only from the host itself, not from its containers; an encrypted gp3 disk; a role of
    its own that may do nothing but be managed until someone grants more.

    Attributes:
        instance: the EC2 instance.
        role: what the host may do.
        security_group: who may connect; lets nobody in, and everything out through the NAT gateway.
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
        """
        super().__init__(scope, id_)
        self.role = iam.Role(
            self,
            "Role",
            description=f"Host {name}",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")],
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description=f"Host {name}", allow_all_outbound=True
        )
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
