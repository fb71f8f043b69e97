"""Guarantees of the constructs that show only under other settings than the defaults."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Match, Template

from slipway import EntryPoint, ManagedDatabase, PrivateCluster, Release, RolloutGate

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"


@pytest.fixture
def stack() -> Stack:
    return Stack(App(analytics_reporting=False), "Stack")


def vpc(stack: Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, restrict_default_security_group=False)


def cluster(stack: Stack) -> eks.ICluster:
    """Return a cluster that is elsewhere, which is all that manifests need."""
    provider = eks.KubectlProvider.from_kubectl_provider_attributes(stack, "Provider", service_token="arn")
    return eks.Cluster.from_cluster_attributes(
        stack,
        "Cluster",
        cluster_name="slipway",
        cluster_security_group_id="sg-0123456789abcdef0",
        cluster_endpoint="https://cluster.example.com",
        cluster_certificate_authority_data="Y2VydGlmaWNhdGU=",
        kubectl_provider=provider,
    )


def job(image: str) -> dict[str, Any]:
    return {"kind": "Job", "metadata": {"name": "migration"}, "spec": {"image": image}}


def logical_ids(steps: dict[str, list[dict[str, Any]]], kind: str = MANIFEST) -> list[str]:
    stack = Stack(App(analytics_reporting=False), "Stack")
    there = cluster(stack)
    gate = RolloutGate(stack, "Gate", vpc=vpc(stack), cluster=there, namespace="slipway")
    Release(stack, "Release", cluster=there, steps=steps, gate=gate, fewest=1)
    return sorted(Template.from_stack(stack).find_resources(kind))


@pytest.mark.full
def test_a_changed_job_is_a_new_resource_and_all_else_stays() -> None:
    lasting = {"kind": "ServiceAccount", "metadata": {"name": "migration"}}
    before = logical_ids({"migration": [lasting, job("image:1")]})
    after = logical_ids({"migration": [lasting, job("image:2")]})
    assert len(before) == len(after) == 2
    assert len(set(before) & set(after)) == 1
    assert before == logical_ids({"migration": [lasting, job("image:1")]})


def test_a_changed_release_is_waited_for_anew_and_an_unchanged_one_is_not() -> None:
    def gates(image: str, port: int) -> list[str]:
        service = {"kind": "Service", "metadata": {"name": "backend"}, "spec": {"ports": [{"port": port}]}}
        return logical_ids({"migration": [job(image)], "backend": [service]}, "Custom::RolloutGate")

    before = gates("image:1", 5001)
    assert len(before) == 2
    assert before == gates("image:1", 5001)
    assert len(set(before) & set(gates("image:1", 5002))) == 1  # the Job is the same and has run
    assert set(before) & set(gates("image:2", 5001)) == set()


def test_a_domain_means_tls_and_a_redirect(stack: Stack) -> None:
    entry = EntryPoint(
        stack,
        "EntryPoint",
        vpc=vpc(stack),
        cluster=cluster(stack),
        namespace="slipway",
        service="proxy",
        port=8080,
        health_path="/healthz",
        domain="users.example.com",
        domain_zone_id="Z1",
    )
    template = Template.from_stack(stack)
    assert entry.url == "https://users.example.com"
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": Match.string_like_regexp("TLS13-1-2"),
            "ListenerAttributes": Match.array_with(
                [
                    {
                        "Key": "routing.http.response.strict_transport_security.header_value",
                        "Value": "max-age=31536000",
                    }
                ]
            ),
        },
    )
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::Listener",
        {"Port": 80, "DefaultActions": [Match.object_like({"Type": "redirect"})]},
    )
    template.has_resource_properties(
        "AWS::CertificateManager::Certificate",
        {
            "DomainName": "users.example.com",
            "DomainValidationOptions": [{"DomainName": "users.example.com", "HostedZoneId": "Z1"}],
        },
    )
    template.has_resource_properties(
        "AWS::Route53::RecordSet", {"Name": "users.example.com.", "HostedZoneId": "Z1", "Type": "A"}
    )
    template.has_resource_properties(
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": "Load balancer",
            "SecurityGroupIngress": [
                Match.object_like({"CidrIp": "0.0.0.0/0", "FromPort": port, "ToPort": port}) for port in (80, 443)
            ],
        },
    )


def test_an_unprotected_database_leaves_nothing(stack: Stack) -> None:
    ManagedDatabase(
        stack,
        "Database",
        vpc=ec2.Vpc(
            stack,
            "Vpc",
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        ),
        identifier="test",
        instance_class="db.t4g.micro",
        storage_gib=20,
        multi_az=False,
        backup_days=1,
        backup_window="01:00-01:30",
        maintenance_window="sun:02:00-sun:03:00",
        insights=False,
        protect=False,
    )
    Template.from_stack(stack).has_resource(
        "AWS::RDS::DBInstance",
        {
            "Properties": {"DeletionProtection": False, "DeleteAutomatedBackups": True},
            "DeletionPolicy": "Delete",
        },
    )


def test_a_cluster_is_public_for_listed_ranges_only_and_has_named_administrators(stack: Stack) -> None:
    role = "arn:aws:iam::111122223333:role/platform"
    PrivateCluster(
        stack,
        "Cluster",
        vpc=vpc(stack),
        name="slipway",
        version="1.36",
        public_cidrs=["192.0.2.0/24"],
        admins=[role],
        node_types=["t4g.medium"],
        max_cpus=8,
        node_tags={},
    )
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::EKS::Cluster",
        {
            "ResourcesVpcConfig": Match.object_like(
                {"EndpointPublicAccess": True, "PublicAccessCidrs": ["192.0.2.0/24"], "EndpointPrivateAccess": True}
            )
        },
    )
    template.has_resource_properties("AWS::EKS::AccessEntry", {"PrincipalArn": role})
