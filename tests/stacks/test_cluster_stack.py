import json
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.roles import actions
from tests.stacks.synthesis import Synthesis

STACK = "ClusterStack"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def test_only_the_vpc_reaches_the_api(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Cluster",
        {"ResourcesVpcConfig": {"EndpointPrivateAccess": True, "EndpointPublicAccess": False}},
    )


def test_the_control_plane_logs_everything_to_a_group_of_the_stack(template: Template) -> None:
    kinds = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    group = next(
        iter(
            template.find_resources("AWS::Logs::LogGroup", {"Properties": {"LogGroupName": "/aws/eks/slipway/cluster"}})
        )
    )
    template.has_resource(
        "AWS::EKS::Cluster",
        {
            "Properties": {
                "Name": "slipway",
                "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in kinds]}},
            },
            "DependsOn": Match.array_with([group]),
        },
    )


def test_kubernetes_secrets_are_encrypted_with_a_rotating_key(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Cluster",
        {
            "EncryptionConfig": [
                {"Provider": {"KeyArn": {"Fn::GetAtt": [Match.any_value(), "Arn"]}}, "Resources": ["secrets"]}
            ]
        },
    )
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})


def test_nobody_administers_it_by_having_made_it(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Cluster",
        {"AccessConfig": {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False}},
    )
    policies = [
        policy["PolicyArn"]["Fn::Join"][1][-1].rpartition("/")[2]
        for entry in template.find_resources("AWS::EKS::AccessEntry").values()
        for policy in entry["Properties"]["AccessPolicies"]
    ]
    assert sorted(policies) == ["AmazonEKSAutoNodePolicy", "AmazonEKSClusterAdminPolicy"]


def test_the_resolver_lies_where_the_charts_look_for_it(synthesis: Synthesis, template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Cluster", {"Version": "1.36", "KubernetesNetworkConfig": {"ServiceIpv4Cidr": "172.20.0.0/16"}}
    )
    (configuration,) = (
        item["data"]["nginx.conf"] for item in synthesis.manifests() if "nginx.conf" in item.get("data", {})
    )
    assert "resolver 172.20.0.10 " in configuration


def test_nodes_are_arm64_in_the_three_private_subnets(synthesis: Synthesis, template: Template) -> None:
    template.has_resource_properties("AWS::EKS::Cluster", {"ComputeConfig": {"Enabled": True, "NodePools": []}})
    objects = {item["kind"]: item["spec"] for item in synthesis.manifests() if item["kind"].startswith("Node")}
    assert len(objects["NodeClass"]["subnetSelectorTerms"]) == 3
    requirements = {term["key"]: term["values"] for term in objects["NodePool"]["template"]["spec"]["requirements"]}
    assert requirements == {
        "kubernetes.io/arch": ["arm64"],
        "karpenter.sh/capacity-type": ["on-demand"],
        "node.kubernetes.io/instance-type": ["t4g.medium", "c7g.large", "m7g.large"],
    }
    assert objects["NodePool"]["limits"] == {"cpu": "32"}
    assert objects["NodePool"]["disruption"]["budgets"] == [{"nodes": "1"}]


def test_network_policies_are_really_enforced(synthesis: Synthesis) -> None:
    (switch,) = (item for item in synthesis.manifests() if item["metadata"].get("namespace") == "kube-system")
    assert (switch["kind"], switch["metadata"]["name"]) == ("ConfigMap", "amazon-vpc-cni")
    assert switch["data"] == {"enable-network-policy-controller": "true"}
    (node_class,) = (item["spec"] for item in synthesis.manifests() if item["kind"] == "NodeClass")
    assert (node_class["networkPolicy"], node_class["networkPolicyEventLogs"]) == ("DefaultAllow", "Enabled")


def test_an_old_version_is_upgraded_and_not_paid_for(template: Template) -> None:
    template.has_resource_properties("AWS::EKS::Cluster", {"UpgradePolicy": {"SupportType": "STANDARD"}})


def test_nodes_may_join_before_they_are_asked_for(template: Template) -> None:
    entry = next(iter(template.find_resources("AWS::EKS::AccessEntry", {"Properties": {"Type": "EC2"}})))
    template.has_resource("Custom::AWSCDK-EKS-KubernetesResource", {"DependsOn": Match.array_with([entry])})


def test_eks_may_tag_nodes_of_this_cluster_before_it_is_asked_for_them(template: Template) -> None:
    ((policy, properties),) = (
        (key, item["Properties"])
        for key, item in template.find_resources("AWS::IAM::Policy").items()
        if item["Properties"]["Roles"][0]["Ref"].startswith("ClusterRole")
    )
    statements = properties["PolicyDocument"]["Statement"]
    own = {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}
    assert [item["Condition"]["StringEquals"] for item in statements] == [own] * 2
    assert [item["Action"] for item in statements] == [
        ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"],
        "ec2:CreateNetworkInterface",
    ]
    (manifest,) = template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").values()
    assert policy in manifest["DependsOn"]


def test_metrics_server_comes_after_the_nodes_it_runs_on(template: Template) -> None:
    nodes = next(iter(template.find_resources("Custom::AWSCDK-EKS-KubernetesResource")))
    template.has_resource(
        "AWS::EKS::Addon", {"Properties": {"AddonName": "metrics-server"}, "DependsOn": Match.array_with([nodes])}
    )


def test_pods_logs_go_to_a_group_of_the_stack_as_they_were_written(template: Template) -> None:
    template.has_resource_properties("AWS::Logs::LogGroup", {"LogGroupName": "/slipway/pods", "RetentionInDays": 30})
    addon = _logging(template)
    configuration = json.loads(addon["Properties"]["ConfigurationValues"])
    files = configuration["containerLogs"]["fluentBit"]["config"]["extraFiles"]
    assert configuration["agents"] == []  # what collects metrics
    assert [name for name, text in files.items() if text.startswith("#")] == ["dataplane-log.conf", "host-log.conf"]
    (output,) = files["application-log.conf"].split("[OUTPUT]")[1:]
    assert dict(line.split(None, 1) for line in output.strip().splitlines()) == {
        "Name": "cloudwatch_logs",
        "Match": "pods.*",
        "region": "${AWS_REGION}",
        "log_group_name": "/slipway/pods",
        "log_stream_prefix": "${HOST_NAME}.",
        "log_key": "log",
        "auto_create_group": "false",
    }
    assert "{{" not in files["application-log.conf"]  # the add-on's chart would fill it in


def test_what_collects_logs_may_write_to_their_group_and_nothing_else(template: Template) -> None:
    allowed = actions(template, "PodLogsIdentityRole")
    (group,) = template.find_resources("AWS::Logs::LogGroup", {"Properties": {"LogGroupName": "/slipway/pods"}})
    assert allowed == {name: [{"Fn::GetAtt": [group, "Arn"]}] for name in ("logs:CreateLogStream", "logs:PutLogEvents")}


def test_what_collects_logs_comes_after_its_role_and_the_nodes_it_runs_on(template: Template) -> None:
    nodes = next(iter(template.find_resources("Custom::AWSCDK-EKS-KubernetesResource")))
    (identity,) = template.find_resources("AWS::EKS::PodIdentityAssociation")
    addon = _logging(template)
    assert {nodes, identity} <= set(addon["DependsOn"])


def _logging(template: Template) -> dict[str, Any]:
    """Return the add-on that collects logs."""
    properties = {"AddonName": "amazon-cloudwatch-observability"}
    (addon,) = template.find_resources("AWS::EKS::Addon", {"Properties": properties}).values()
    return dict(addon)


def test_what_applies_manifests_reaches_the_api_and_is_not_let_in_elsewhere(template: Template) -> None:
    rule_id, rule = next(iter(template.find_resources("AWS::EC2::SecurityGroupIngress").items()))
    assert rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"] == 443
    template.has_resource("AWS::SSM::Parameter", {"DependsOn": Match.array_with([rule_id])})
    group = rule["Properties"]["SourceSecurityGroupId"]
    for function in template.find_resources("AWS::Lambda::Function").values():
        assert function["Properties"]["VpcConfig"]["SecurityGroupIds"] == [group]


def test_it_depends_on_the_network_alone(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == {"NetworkStack"}
