"""The way in for users: the load balancer."""

from collections.abc import Mapping

from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from slipway.acknowledge import acknowledge
from slipway.logs import owned_log_bucket

_HSTS = "max-age=31536000"
"""A year of TLS; not for subdomains, which are not ours."""


class EntryPoint(Construct):
    """An internet-facing load balancer in front of one Service of an EKS Auto Mode cluster.

    Guarantees: ports 80 and 443 are all that the world reaches, and the Service's port on the cluster's nodes and
    pods all that the load balancer reaches; with a domain, users get TLS 1.2 or better, browsers keep to it for a year,
    and port 80 only redirects; every request is logged for 30 days; the load balancer, its target group and its logs
    are CloudFormation's, so that deleting the stack deletes them.

    Attributes:
        load_balancer: the Application Load Balancer.
        target_group: its targets, the Service's pods, which the cluster registers by itself.
        binding: has the cluster register the Service's pods; to be made after the Service.
        manifest: what the binding is, in Kubernetes.
        certificate: its certificate; none without a domain.
        url: where users find it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        cluster: eks.ICluster,
        namespace: str,
        service: str,
        port: int,
        health_path: str,
        labels: Mapping[str, str] | None = None,
        domain: str | None = None,
        domain_zone_id: str | None = None,
    ) -> None:
        """Define the entry point.

        Args:
            scope: the construct that it belongs to.
            id_: its construct ID.
            vpc: a VPC with public subnets, which the cluster is in.
            cluster: the cluster; it registers pods only in target groups that carry its name as a tag.
            namespace: where the Service lives.
            service: the Service's name.
            port: its port, which is the pods' port too.
            health_path: what the load balancer asks pods for; it must look at nothing beyond the pod.
            labels: labels of the binding in the cluster.
            domain: the host name that users type; without it they get plain HTTP.
            domain_zone_id: the Route 53 zone that holds `domain`.
        """
        super().__init__(scope, id_)
        group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Load balancer", allow_all_outbound=False)
        self.load_balancer = elb.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=True,
            security_group=group,
            drop_invalid_header_fields=True,
        )
        self._log_requests()
        self.target_group = elb.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            target_type=elb.TargetType.IP,
            protocol=elb.ApplicationProtocol.HTTP,
            port=port,
            health_check=elb.HealthCheck(
                path=health_path,
                interval=Duration.seconds(5),
                timeout=Duration.seconds(2),
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
            # No longer than a pod keeps serving after it was told to stop.
            deregistration_delay=Duration.seconds(10),
        )
        Tags.of(self.target_group).add("eks:eks-cluster-name", cluster.cluster_name)
        self._admit_to_cluster(group, cluster, port)
        self.certificate: acm.ICertificate | None = None
        self._listen(group, domain, domain_zone_id)
        self.url = f"https://{domain}" if domain else f"http://{self.load_balancer.load_balancer_dns_name}"
        self.manifest = {
            "apiVersion": "eks.amazonaws.com/v1",
            "kind": "TargetGroupBinding",
            "metadata": {"name": service, "namespace": namespace, "labels": dict(labels or {})},
            "spec": {
                "serviceRef": {"name": service, "port": port},
                "targetGroupARN": self.target_group.target_group_arn,
                "targetType": "ip",
            },
        }
        self.binding = eks.KubernetesManifest(
            self, "Binding", cluster=cluster, manifest=[self.manifest], overwrite=True, prune=False
        )
        self.binding.node.add_dependency(self.load_balancer)  # its listeners, too: pods that stand behind nothing

    def _log_requests(self) -> None:
        """Keep access logs. The construct's own `log_access_logs` needs to know the region when it synthesises."""
        bucket = owned_log_bucket(self, "AccessLogs")
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DeliverLogs",
                actions=["s3:PutObject"],
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                resources=[bucket.arn_for_objects(f"AWSLogs/{Stack.of(self).account}/*")],
            )
        )
        # It tries to write at once; and it must be gone before the bucket is emptied.
        self.load_balancer.node.add_dependency(bucket)
        self.load_balancer.set_attribute("access_logs.s3.enabled", "true")
        self.load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)

    def _admit_to_cluster(self, group: ec2.SecurityGroup, cluster: eks.ICluster, port: int) -> None:
        """Open `port` between the load balancer and the pods; the rule is this stack's, not the cluster's."""
        nodes = cluster.cluster_security_group_id
        group.add_egress_rule(ec2.Peer.security_group_id(nodes), ec2.Port.tcp(port), "Pods")
        ec2.CfnSecurityGroupIngress(
            self,
            "LoadBalancerToPods",
            description="Pods from the load balancer",
            group_id=nodes,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )

    def _listen(self, group: ec2.SecurityGroup, domain: str | None, zone_id: str | None) -> None:
        """Listen on port 80, and with a domain on 443 instead, to which 80 then redirects."""
        acknowledge(group, "EC23", reason="users come from anywhere; this is the system's front door")
        world = ec2.Peer.any_ipv4()
        group.add_ingress_rule(world, ec2.Port.tcp(80), "Users")
        forward = elb.ListenerAction.forward([self.target_group])
        if domain is None or zone_id is None:
            _silence(self.load_balancer.add_listener("Http", port=80, open=False, default_action=forward))
            return
        group.add_ingress_rule(world, ec2.Port.tcp(443), "Users")
        zone = route53.HostedZone.from_hosted_zone_attributes(self, "Zone", hosted_zone_id=zone_id, zone_name=domain)
        self.certificate = acm.Certificate(
            self, "Certificate", domain_name=domain, validation=acm.CertificateValidation.from_dns(zone)
        )
        https = self.load_balancer.add_listener(
            "Https",
            port=443,
            open=False,
            certificates=[self.certificate],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            default_action=forward,
        )
        https.set_attribute("routing.http.response.strict_transport_security.header_value", _HSTS)
        http = self.load_balancer.add_listener(
            "Http",
            port=80,
            open=False,
            default_action=elb.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
        )
        for listener in (https, http):
            _silence(listener)
        route53.ARecord(
            self,
            "Address",
            zone=zone,
            record_name=f"{domain}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.load_balancer)),
        )


def _silence(listener: elb.ApplicationListener) -> None:
    """Have answers of the load balancer's own not say what it is."""
    listener.set_attribute("routing.http.response.server.enabled", "false")
