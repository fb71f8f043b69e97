"""NetworkStack: the VPC."""

from aws_cdk import CfnResource, Fn, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_app.settings import Settings
from slipway import owned_log_group

_ZONES = 3


class NetworkStack(Stack):
    """A VPC over three zones, with public, private and isolated subnets.

    Attributes:
        vpc: the VPC.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        """Define the network."""
        super().__init__(scope, id_, description="Slipway: the network")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(str(settings.network.cidr)),
            # Known to CloudFormation only, so that synthesis needs no account.
            availability_zones=list(settings.zones) or [Fn.select(i, Fn.get_azs()) for i in range(_ZONES)],
            nat_gateways=settings.network.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(
                    service=ec2.GatewayVpcEndpointAwsService.S3,
                    subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)],
                )
            },
            flow_logs={
                "FlowLogs": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(owned_log_group(self, "FlowLogs"))
                )
            },
            restrict_default_security_group=True,
        )
        for subnet in self.vpc.public_subnets:
            Tags.of(subnet).add("kubernetes.io/role/elb", "1")
        for subnet in self.vpc.private_subnets:
            Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")
        self._own_logs_of_default_group_closer()

    def _own_logs_of_default_group_closer(self) -> None:
        """Own the log group of the CDK's function that closes the default security group, or it would stay behind."""
        provider = self.node.find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
        function = provider.node.find_child("Handler")
        if not isinstance(function, CfnResource):
            raise TypeError(f"{function.node.path} is not the function that it was")
        log_group = owned_log_group(self, "DefaultGroupCloserLogs", name=f"/aws/lambda/{function.ref}")
        self.vpc.node.find_child("RestrictDefaultSecurityGroupCustomResource").node.add_dependency(log_group)
