"""A disk that outlives the host that uses it."""

from aws_cdk import RemovalPolicy, Size, Stack, Tags
from aws_cdk import aws_dlm as dlm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.acknowledge import acknowledge_snapshots
from slipway.build_host import BuildHost
from slipway.snapshot_removal import SnapshotRemoval
from slipway.trust import for_this_account

_SNAPSHOTS_KEPT = 14


class DurableVolume(Construct):
    """An encrypted gp3 volume with a snapshot a day, of which the last 14 are kept.

    Guarantees: it is not the host's, so a replaced host finds what the old one had; only the host that it is granted
    to, and the one that replaces it, may attach it; its snapshots go with the stack.

    Attributes:
        volume_id: its ID, for the host that attaches it.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, subnet: ec2.ISubnet, size_gib: int) -> None:
        """Define the volume.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            name: its Name tag, by which the snapshots' schedule finds it.
            subnet: the subnet of the host that attaches it, whose zone it lies in.
            size_gib: GiB.

        Raises:
            TypeError: the subnet is not of this app, so its zone is not known.
        """
        super().__init__(scope, id_)
        stack = Stack.of(self)
        volume = ec2.Volume(
            self,
            "Volume",
            availability_zone=_zone_of(subnet),
            size=Size.gibibytes(size_gib),
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        Tags.of(volume).add("Name", name)
        self.volume_id = volume.volume_id
        self._arn = stack.format_arn(service="ec2", resource="volume", resource_name=self.volume_id)
        removal = SnapshotRemoval(self, "SnapshotRemoval", name=name)
        policy = dlm.CfnLifecyclePolicy(
            self,
            "Snapshots",
            description=f"Daily snapshots of {name}",
            state="ENABLED",
            execution_role_arn=self._snapshot_role(name).role_arn,
            policy_details=dlm.CfnLifecyclePolicy.PolicyDetailsProperty(
                resource_types=["VOLUME"],
                target_tags=[{"key": "Name", "value": name}],
                schedules=[
                    dlm.CfnLifecyclePolicy.ScheduleProperty(
                        name="daily",
                        copy_tags=True,
                        tags_to_add=[removal.mark],
                        create_rule=dlm.CfnLifecyclePolicy.CreateRuleProperty(
                            interval=24, interval_unit="HOURS", times=["03:00"]
                        ),
                        retain_rule=dlm.CfnLifecyclePolicy.RetainRuleProperty(count=_SNAPSHOTS_KEPT),
                    )
                ],
            ),
        )
        # What depends is deleted first: when the snapshots are removed, nothing makes another.
        volume.node.add_dependency(removal)
        policy.node.add_dependency(removal)

    def grant_attach(self, host: BuildHost) -> None:
        """Let `host` attach the volume to itself, and take it from the host that it replaces, which it stops first."""
        stack = Stack.of(self)
        attach = ["ec2:AttachVolume", "ec2:DetachVolume"]
        host.role.add_to_policy(iam.PolicyStatement(actions=attach, resources=[self._arn]))
        host.role.add_to_policy(
            iam.PolicyStatement(
                actions=[*attach, "ec2:StartInstances", "ec2:StopInstances"],
                resources=[stack.format_arn(service="ec2", resource="instance", resource_name="*")],
                conditions=host.as_condition(),
            )
        )
        host.role.add_to_policy(
            # Describing knows no narrower resource.
            iam.PolicyStatement(
                actions=["ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVolumes"], resources=["*"]
            )
        )

    def _snapshot_role(self, name: str) -> iam.Role:
        """Make the role of the lifecycle policy: AWS's own would let it do as it likes with every snapshot."""
        stack = Stack.of(self)
        snapshots = stack.format_arn(service="ec2", account="", resource="snapshot", resource_name="*")
        role = iam.Role(
            self,
            "SnapshotRole",
            description=f"Snapshots of volume {name}",
            assumed_by=iam.ServicePrincipal("dlm.amazonaws.com", conditions=for_this_account(self)),
            inline_policies={
                "Snapshots": iam.PolicyDocument(
                    statements=[
                        # A new snapshot has neither name nor tag to tell it by; the volume is told by its own.
                        iam.PolicyStatement(actions=["ec2:CreateSnapshot"], resources=[self._arn, snapshots]),
                        iam.PolicyStatement(actions=["ec2:CreateTags"], resources=[snapshots]),
                        iam.PolicyStatement(
                            actions=["ec2:DeleteSnapshot"],
                            resources=[snapshots],
                            conditions={"StringEquals": {"aws:ResourceTag/Name": name}},
                        ),
                        # Describing knows no narrower resource.
                        iam.PolicyStatement(
                            actions=["ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
                            resources=["*"],
                        ),
                    ]
                )
            },
        )
        acknowledge_snapshots(role)
        return role


def _zone_of(subnet: ec2.ISubnet) -> str:
    """Return the zone that the subnet really lies in; asking the region again could answer otherwise one day."""
    resource = subnet.node.default_child
    if not isinstance(resource, ec2.CfnSubnet):
        raise TypeError(f"{subnet.node.path} is not a subnet of this app")
    return resource.attr_availability_zone
