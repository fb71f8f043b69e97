"""A disk that outlives the host that uses it."""

from aws_cdk import RemovalPolicy, Size, Tags
from aws_cdk import aws_dlm as dlm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from slipway.build_host import BuildHost

_SNAPSHOTS_KEPT = 14


class DurableVolume(Construct):
    """An encrypted gp3 volume with a snapshot a day, of which the last 14 are kept.

    Guarantees: it is not the host's, so a replaced host finds what the old one had; only the host that it is granted
    to may attach it.

    Attributes:
        volume_id: its ID, for the host that attaches it.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, availability_zone: str, size_gib: int) -> None:
        """Define the volume.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            name: its Name tag, by which the snapshots' schedule finds it.
            availability_zone: the zone of the host that attaches it.
            size_gib: GiB.
        """
        super().__init__(scope, id_)
        self._volume = ec2.Volume(
            self,
            "Volume",
            availability_zone=availability_zone,
            size=Size.gibibytes(size_gib),
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        Tags.of(self._volume).add("Name", name)
        self.volume_id = self._volume.volume_id
        role = iam.Role(
            self,
            "SnapshotRole",
            description=f"Snapshots of volume {name}",
            assumed_by=iam.ServicePrincipal("dlm.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSDataLifecycleManagerServiceRole")
            ],
        )
        dlm.CfnLifecyclePolicy(
            self,
            "Snapshots",
            description=f"Daily snapshots of {name}",
            state="ENABLED",
            execution_role_arn=role.role_arn,
            policy_details=dlm.CfnLifecyclePolicy.PolicyDetailsProperty(
                resource_types=["VOLUME"],
                target_tags=[{"key": "Name", "value": name}],
                schedules=[
                    dlm.CfnLifecyclePolicy.ScheduleProperty(
                        name="daily",
                        copy_tags=True,
                        create_rule=dlm.CfnLifecyclePolicy.CreateRuleProperty(
                            interval=24, interval_unit="HOURS", times=["03:00"]
                        ),
                        retain_rule=dlm.CfnLifecyclePolicy.RetainRuleProperty(count=_SNAPSHOTS_KEPT),
                    )
                ],
            ),
        )

    def grant_attach(self, host: BuildHost) -> None:
        """Let `host` attach the volume to itself, and to no other host."""
        self._volume.grant_attach_volume_by_resource_tag(host.role, [host.instance])
        host.role.add_to_policy(
            # Describing knows no narrower resource.
            iam.PolicyStatement(actions=["ec2:DescribeVolumes", "ec2:DescribeInstances"], resources=["*"])
        )
