import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tests.stacks.synthesis import ROOT, Synthesis, flat

STACK = "ProdStack"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
GATE = "Custom::RolloutGate"


@pytest.fixture
def template(synthesis: Synthesis) -> Template:
    return synthesis.assertions[STACK]


def _steps(template: Template) -> list[list[str]]:
    """Return what the release applies and waits for, in the order that DependsOn gives it."""
    release = {
        logical_id: resource
        for kind in (MANIFEST, GATE)
        for logical_id, resource in template.find_resources(kind).items()
        if not logical_id.startswith("EntryPoint")
    }
    waits = {
        logical_id: [item for item in resource.get("DependsOn", []) if item in release]
        for logical_id, resource in release.items()
    }
    (first,) = (logical_id for logical_id, after in waits.items() if not after)
    order = [first]
    while following := [item for item, after in waits.items() if after == [order[-1]]]:
        order.extend(following)
    assert sorted(order) == sorted(waits)
    return [_content(release[logical_id]["Properties"]) for logical_id in order]


def _content(properties: Any) -> list[str]:
    """Return the objects of a manifest, or what a gate waits for."""
    if "Manifest" not in properties:
        return [f"wait for {_plain(name)}" for name in [*properties["Jobs"], *properties["Deployments"]]]
    return [f"{item['kind']} {_plain(item['metadata']['name'])}" for item in json.loads(flat(properties["Manifest"]))]


def _plain(name: str) -> str:
    return re.sub("-[0-9a-f]{10}$", "", name)


def _of_a_web_service(name: str) -> list[str]:
    kinds = (
        "ServiceAccount",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Service",
    )
    return [f"{kind} {name}" for kind in kinds]


def test_a_release_is_applied_in_order(template: Template) -> None:
    assert _steps(template) == [
        ["Namespace slipway", "NetworkPolicy default-deny"],
        ["ServiceAccount migration", "NetworkPolicy migration"],
        ["Job migration-working-tree"],
        ["wait for migration-working-tree"],
        _of_a_web_service("backend"),
        _of_a_web_service("frontend"),
        ["ConfigMap proxy"],
        _of_a_web_service("proxy"),
        ["wait for backend", "wait for frontend", "wait for proxy"],
    ]


def test_pods_are_made_after_their_roles(template: Template) -> None:
    associations = sorted(template.find_resources("AWS::EKS::PodIdentityAssociation"))
    assert len(associations) == 2
    template.has_resource(
        MANIFEST,
        {
            "Properties": {"Manifest": Match.string_like_regexp('"kind":"Namespace"')},
            "DependsOn": Match.array_with(associations),
        },
    )


@pytest.mark.parametrize(
    ("account", "actions", "resource"),
    [
        ("backend", "rds-db:connect", "/application"),
        ("migration", ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], "SecretArn"),
    ],
)
def test_a_pod_may_do_one_thing(template: Template, account: str, actions: Any, resource: str) -> None:
    template.has_resource_properties(
        "AWS::EKS::PodIdentityAssociation",
        {
            "Namespace": "slipway",
            "ServiceAccount": account,
            "RoleArn": {"Fn::GetAtt": [Match.string_like_regexp(f"^Identity{account}"), "Arn"]},
        },
    )
    policies = [
        item["Properties"]["PolicyDocument"]["Statement"]
        for item in template.find_resources("AWS::IAM::Policy").values()
        if item["Properties"]["Roles"][0]["Ref"].startswith(f"Identity{account}")
    ]
    assert len(policies) == 1
    (statement,) = policies[0]
    assert statement["Action"] == actions
    assert resource in str(statement["Resource"])


def test_only_eks_of_this_account_hands_out_the_pods_roles(template: Template) -> None:
    roles = {name: role for name, role in template.find_resources("AWS::IAM::Role").items() if "Identity" in name}
    assert len(roles) == 2
    for role in roles.values():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_backend_signs_in_with_iam_and_no_password(synthesis: Synthesis) -> None:
    backend = next(
        item for item in synthesis.manifests() if (item["kind"], item["metadata"]["name"]) == ("Deployment", "backend")
    )
    environment = {item["name"]: item["value"] for item in backend["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert environment["DATABASE_AUTH"] == "iam"
    assert environment["DATABASE_URI"] == "mysql+pymysql://application@AWS:3306/users?charset=utf8mb4"
    assert "DATABASE_ADMIN_SECRET" not in environment


def test_no_manifest_is_pruned_and_each_may_find_its_objects_there(template: Template) -> None:
    for manifest in template.find_resources(MANIFEST).values():
        assert manifest["Properties"]["Overwrite"] is True
        assert "PruneLabel" not in manifest["Properties"]


def test_what_cannot_change_in_place_is_a_resource_named_like_its_object(template: Template) -> None:
    named = {}
    for logical_id, resource in template.find_resources(MANIFEST).items():
        objects = json.loads(flat(resource["Properties"]["Manifest"]))
        if {item["kind"] for item in objects} & {"ConfigMap", "Job"}:
            (only,) = objects
            named[logical_id[:-8]] = f"Release{only['kind']}{only['metadata']['name']}".replace("-", "")
    assert len(named) == 2
    assert list(named) == list(named.values())


def test_the_load_balancer_faces_the_world_in_three_zones(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            "Scheme": "internet-facing",
            "Type": "application",
            "Subnets": [{"Fn::ImportValue": Match.string_like_regexp("Vpcpublic")}] * 3,
            "LoadBalancerAttributes": Match.array_with(
                [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
            ),
        },
    )


def test_every_request_is_logged_to_a_private_bucket_that_goes_with_the_stack(template: Template) -> None:
    ((bucket, resource),) = template.find_resources("AWS::S3::Bucket").items()
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            "LoadBalancerAttributes": Match.array_with(
                [
                    {"Key": "access_logs.s3.enabled", "Value": "true"},
                    {"Key": "access_logs.s3.bucket", "Value": {"Ref": bucket}},
                ]
            )
        },
    )
    assert resource["DeletionPolicy"] == "Delete"
    assert set(resource["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    rules = resource["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [(rule["ExpirationInDays"], rule["Status"]) for rule in rules] == [(30, "Enabled")]
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": {"Ref": bucket},
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
                        Match.object_like(
                            {
                                "Action": "s3:PutObject",
                                "Effect": "Allow",
                                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                                "Resource": {
                                    "Fn::Join": ["", Match.array_with(["/AWSLogs/", {"Ref": "AWS::AccountId"}])]
                                },
                            }
                        ),
                    ]
                )
            },
        },
    )


def test_the_log_bucket_is_emptied_after_the_load_balancer_has_gone(template: Template) -> None:
    ((cleaner, _),) = template.find_resources("Custom::S3AutoDeleteObjects").items()
    ((policy, _),) = template.find_resources("AWS::S3::BucketPolicy").items()
    template.has_resource(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", {"DependsOn": Match.array_with(sorted([cleaner, policy]))}
    )


def test_no_answer_says_which_load_balancer_gave_it(template: Template) -> None:
    template.all_resources_properties(
        "AWS::ElasticLoadBalancingV2::Listener",
        {"ListenerAttributes": [{"Key": "routing.http.response.server.enabled", "Value": "false"}]},
    )


def test_the_cluster_may_register_its_pods_as_targets(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            "TargetType": "ip",
            "Port": 8080,
            "HealthCheckPath": "/healthz",
            "Tags": Match.array_with(
                [{"Key": "eks:eks-cluster-name", "Value": {"Fn::ImportValue": Match.any_value()}}]
            ),
        },
    )


def test_the_verdict_comes_within_the_time_that_the_setting_gives(template: Template) -> None:
    gates = [item["Properties"] for item in template.find_resources(GATE).values()]
    assert [gate["Seconds"] for gate in gates] == [600, 600]
    assert [gate["ServiceTimeout"] for gate in gates] == ["720", "720"]  # should the function die before it answers
    assert [gate["Fewest"] for gate in gates if gate["Deployments"]] == [3]
    function = gates[0]["ServiceToken"]["Fn::GetAtt"][0]
    assert template.find_resources("AWS::Lambda::Function")[function]["Properties"]["Timeout"] == 660


def test_the_gate_and_the_watch_may_read_one_namespace_and_change_nothing(template: Template) -> None:
    entries = template.find_resources("AWS::EKS::AccessEntry")
    assert [entry[:-8] for entry in sorted(entries)] == ["GateAccess", "WatchPodsAccess"]
    for entry in entries.values():
        (policy,) = entry["Properties"]["AccessPolicies"]
        assert flat(policy["PolicyArn"]).endswith("/AmazonEKSViewPolicy")
        assert policy["AccessScope"] == {"Type": "namespace", "Namespaces": ["slipway"]}


def test_the_gate_is_asked_when_it_may_sign_in_and_connect(template: Template) -> None:
    (entry,) = (item for item in template.find_resources("AWS::EKS::AccessEntry") if item.startswith("Gate"))
    (rule,) = (item for item in template.find_resources("AWS::EC2::SecurityGroupIngress") if "GateToApi" in item)
    for gate in template.find_resources(GATE).values():
        assert {entry, rule} <= set(gate["DependsOn"])


REGISTRATION = 5  # seconds, at most, until the cluster has told the load balancer of a pod's coming or going


def _pod(synthesis: Synthesis, name: str) -> tuple[Any, Any]:
    """Return a Deployment's spec and its one container."""
    (deployment,) = (
        item["spec"]
        for item in synthesis.manifests()
        if (item["kind"], item["metadata"]["name"]) == ("Deployment", name)
    )
    (container,) = deployment["template"]["spec"]["containers"]
    return deployment, container


def _drain(container: Any) -> int:
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    return int(seconds)


def test_the_load_balancer_has_let_go_of_a_pod_before_it_stops(synthesis: Synthesis, template: Template) -> None:
    ((_, group),) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup").items()
    attributes = {item["Key"]: item["Value"] for item in group["Properties"]["TargetGroupAttributes"]}
    delay = int(attributes["deregistration_delay.timeout_seconds"])
    assert _drain(_pod(synthesis, "proxy")[1]) >= REGISTRATION + delay


def test_an_old_proxy_goes_only_when_the_load_balancer_sends_to_the_new_one(
    synthesis: Synthesis, template: Template
) -> None:
    ((_, group),) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup").items()
    checks = group["Properties"]["HealthyThresholdCount"] * group["Properties"]["HealthCheckIntervalSeconds"]
    assert _pod(synthesis, "proxy")[0]["minReadySeconds"] >= REGISTRATION + checks


@pytest.mark.parametrize("name", ["backend", "frontend"])
def test_a_pod_is_given_the_time_that_its_stop_may_take(name: str, synthesis: Synthesis) -> None:
    application = ROOT / "services" / name / "application"
    (drain,) = re.findall(r"^LONGEST = ([\d.]+)$", (application / "draining.py").read_text(), re.MULTILINE)
    (kill,) = re.findall(r'"GRANIAN_WORKERS_KILL_TIMEOUT": "(\d+)"', (application / "__main__.py").read_text())
    deployment, container = _pod(synthesis, name)
    grace = deployment["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace >= _drain(container) + float(drain) + int(kill)


def _is_ours(item: dict[str, Any]) -> bool:
    return bool(item["metadata"].get("namespace") == "slipway" and item["kind"] != "TargetGroupBinding")


def test_the_binding_names_the_proxys_service_and_comes_last(synthesis: Synthesis, template: Template) -> None:
    objects = list(synthesis.manifests())
    binding = next(item for item in objects if item["kind"] == "TargetGroupBinding")
    assert binding["apiVersion"] == "eks.amazonaws.com/v1"
    assert binding["spec"]["targetType"] == "ip"
    (release,) = {item["metadata"]["labels"]["app.kubernetes.io/version"] for item in objects if _is_ours(item)}
    assert binding["metadata"]["labels"]["app.kubernetes.io/version"] == release
    service = next(
        item
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == ("Service", binding["spec"]["serviceRef"]["name"])
    )
    assert service["metadata"]["namespace"] == binding["metadata"]["namespace"]
    assert [port["port"] for port in service["spec"]["ports"]] == [binding["spec"]["serviceRef"]["port"]]
    bound = next(item for name, item in template.find_resources(MANIFEST).items() if name.startswith("EntryPoint"))
    assert any(item.startswith("Releaseproxy") for item in bound["DependsOn"])
    assert any(
        item.startswith("EntryPointLoadBalancerHttp") for item in bound["DependsOn"]
    )  # else it is behind nothing


@pytest.mark.parametrize(
    ("into", "source", "port"),
    [
        ("DatabaseSecurityGroup", "Cluster", 3306),
        ("Cluster", "EntryPoint", 8080),
        ("Cluster", "Gate", 443),
        ("Cluster", "WatchPods", 443),
    ],
)
def test_the_rules_between_stacks_are_this_stacks(template: Template, into: str, source: str, port: int) -> None:
    rules = [item["Properties"] for item in template.find_resources("AWS::EC2::SecurityGroupIngress").values()]
    assert len(rules) == 4
    (rule,) = (rule for rule in rules if into in str(rule["GroupId"]) and source in str(rule["SourceSecurityGroupId"]))
    assert (rule["FromPort"], rule["ToPort"]) == (port, port)


def test_the_output_says_where_users_go(template: Template) -> None:
    template.has_output(
        "ApplicationUrl",
        {
            "Value": {"Fn::Join": ["", Match.array_with(["http://"])]},
            "Description": Match.string_like_regexp("over plain HTTP: set domain and domain_zone_id for TLS$"),
        },
    )


def test_it_says_that_it_deploys_the_working_tree(synthesis: Synthesis) -> None:
    assert "THIS DEPLOYS YOUR WORKING TREE" in synthesis.messages
    images = synthesis.directory / "ProdStack.assets.json"
    assert images.read_text("utf-8").count("linux/arm64") == 2


def test_it_depends_on_all_but_ci(synthesis: Synthesis) -> None:
    assert synthesis.dependencies(STACK) == {"NetworkStack", "RegistryStack", "DataStack", "ClusterStack"}
