"""The way in for GitHub's webhook: the only door through which the outside reaches the build hosts."""

import json
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from slipway.acknowledge import acknowledge
from slipway.function_role import function_role
from slipway.logs import owned_log_group

_HANDLER = Path(__file__).with_name("webhook_handler")
PATH = "/github"
_ACCESS_LOG = {
    "time": "$context.requestTime",
    "id": "$context.requestId",
    "address": "$context.identity.sourceIp",
    "agent": "$context.identity.userAgent",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
}
"""A line for every call, those that never reach the function, too."""


class WebhookEntrance(Construct):
    """A public HTTPS address that asks a private Jenkins to look for changes.

    Guarantees: only calls that GitHub signed with the secret get through, and nothing of their content does; Jenkins
    itself is never public; the address takes a few calls a second at most, and each leaves a line of JSON in a log
    that goes with the stack; the secret is made in Secrets Manager and stands in no template.

    Attributes:
        url: what to give GitHub as payload URL.
        secret: what to give GitHub as secret.
        security_group: the group that calls Jenkins.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        repository: str,
        trigger_url: str,
        target: ec2.SecurityGroup,
        target_port: int,
    ) -> None:
        """Define the entrance.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: where Jenkins lives.
            repository: clone URL of the only repository whose calls are answered.
            trigger_url: what to GET when its branches may have changed; asking twice must be harmless.
            target: security group of the host behind `trigger_url`; it is told to let the entrance in.
            target_port: port of that host.
        """
        super().__init__(scope, id_)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Shared with GitHub, which signs its webhook calls with it",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=40, exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.secret,
            "SMG4",
            reason="GitHub holds the other copy and takes a new one from a person only",
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Webhook entrance", allow_all_outbound=False
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Secrets Manager")
        self.security_group.add_egress_rule(target, ec2.Port.tcp(target_port), "Jenkins")
        target.add_ingress_rule(self.security_group, ec2.Port.tcp(target_port), "Webhook entrance")
        description = "Checks GitHub's signature, then asks Jenkins to look for changes"
        log_group = owned_log_group(self, "Logs")
        role = function_role(self, "Role", description=description, log_group=log_group, in_vpc=True)
        self.secret.grant_read(role)
        function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(_HANDLER), exclude=["__pycache__"]),
            handler="handler.handle",
            timeout=Duration.seconds(9),  # GitHub waits for 10
            environment={
                "SECRET_ARN": self.secret.secret_arn,
                "REPOSITORY": repository,
                "TRIGGER_URL": trigger_url,
            },
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[self.security_group],
            role=role,
            log_group=log_group,
        )
        api = apigateway.HttpApi(self, "Api", description="Webhook entrance for GitHub", create_default_stage=False)
        api.add_routes(
            path=PATH,
            methods=[apigateway.HttpMethod.POST],
            integration=integrations.HttpLambdaIntegration("Function", function),
        )
        acknowledge(
            api, "APIG4", reason="GitHub has no identity in AWS; the function checks the signature of every call"
        )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=api,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=5, burst_limit=20),
        )
        resource = stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError(f"{stage.node.path} is not the stage that it was")
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=owned_log_group(self, "AccessLog").log_group_arn, format=json.dumps(_ACCESS_LOG)
        )
        self.url = f"{stage.url.rstrip('/')}{PATH}"
