"""NetworkStack: the VPC, where alarms go, and the budget."""

from aws_cdk import Aws, Fn, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.runbook import page
from cdk_app.settings import Settings
from slipway import AlarmTopic, MonthlyBudget, for_this_account, own_logs_of_provider, owned_log_group

_ZONES = 3


class NetworkStack(Stack):
    """A VPC over three zones, with public, private and isolated subnets; the topic of all stacks' alarms; the budget.

    Attributes:
        vpc: the VPC.
        alarms: where alarms are published to.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        """Define the network."""
        super().__init__(scope, id_, description="Slipway: the network")
        self.alarms = AlarmTopic(self, "Alarms", runbook=page(settings, "alarms"), email=settings.alarm_email)
        if settings.budget is not None:
            name = f"{settings.name}-{Aws.REGION}"
            budget = MonthlyBudget(self, "Budget", name=name, usd=settings.budget, topic=self.alarms.topic)
            budget.node.add_dependency(self.alarms)  # that it may publish there comes first
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
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                        owned_log_group(self, "FlowLogs"),
                        iam.Role(
                            self,
                            "FlowLogsRole",
                            description="Flow logs of the VPC",
                            assumed_by=iam.ServicePrincipal(
                                "vpc-flow-logs.amazonaws.com", conditions=for_this_account(self)
                            ),
                        ),
                    )
                )
            },
            restrict_default_security_group=True,
        )
        for subnet in self.vpc.public_subnets:
            Tags.of(subnet).add("kubernetes.io/role/elb", "1")
        for subnet in self.vpc.private_subnets:
            Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")
        own_logs_of_provider(
            self,
            "DefaultGroupCloserLogs",
            provider="Custom::VpcRestrictDefaultSGCustomResourceProvider",
            resource=self.vpc.node.find_child("RestrictDefaultSecurityGroupCustomResource"),
        )
