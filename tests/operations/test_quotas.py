"""There is room for what is still to be made, or the doctor says which quota to raise to what."""

from typing import Any

import pytest

from operations import quotas
from operations.findings import Verdict
from tests.operations.conftest import ALL_STACKS, Answer, Answers, found, stacks


def quota(value: float) -> list[Answer]:
    return [Answer("get_service_quota", {"Quota": {"Value": value}})]


def networks(used: int, allowed: float, *there: str) -> Answers:
    return {
        "ec2": [Answer("describe_vpcs", {"Vpcs": [{"VpcId": f"vpc-{number}"} for number in range(used)]})],
        "cloudformation": [stacks(*there)],
        "service-quotas": quota(allowed),
    }


@pytest.mark.parametrize(
    ("used", "there", "verdict"),
    [(4, (), Verdict.OK), (5, (), Verdict.FAIL), (5, ("NetworkStack",), Verdict.OK)],
)
def test_a_network_that_is_there_needs_no_room(used: int, there: tuple[str, ...], verdict: Verdict) -> None:
    (finding,) = found(quotas.vpcs, networks(used, 5, *there))
    assert finding.verdict == verdict
    if verdict is Verdict.FAIL:
        assert "--service-code vpc --quota-code L-F678F1CE --desired-value 6" in finding.advice


def test_a_quota_that_nobody_has_changed_is_awss_own() -> None:
    default = [
        Answer("get_service_quota", refusal="NoSuchResourceException"),
        Answer("get_aws_default_service_quota", {"Quota": {"Value": 100.0}}),
    ]
    answers = {
        "eks": [Answer("list_clusters", {"clusters": ["other"]})],
        "cloudformation": [stacks()],
        "service-quotas": default,
    }
    (finding,) = found(quotas.clusters, answers)
    assert (finding.verdict, finding.seen) == (Verdict.OK, "1 of 100 used, 1 to be made")


@pytest.mark.parametrize(("gateways", "verdict"), [("1", Verdict.OK), ("3", Verdict.FAIL)])
def test_each_nat_gateway_takes_an_address(gateways: str, verdict: Verdict) -> None:
    used = [{"PublicIp": f"192.0.2.{number}"} for number in range(3)]
    answers = {
        "ec2": [Answer("describe_addresses", {"Addresses": used})],
        "cloudformation": [stacks()],
        "service-quotas": quota(5),
    }
    (finding,) = found(quotas.elastic_ips, answers, **{"network.nat_gateways": gateways})
    assert finding.verdict == verdict


def test_there_is_room_to_restore_a_database_beside_the_two() -> None:
    used = [{"DBInstanceIdentifier": "slipway-production"}, {"DBInstanceIdentifier": "slipway-test"}]
    answers = {
        "rds": [Answer("describe_db_instances", {"DBInstances": used})],
        "cloudformation": [stacks(*ALL_STACKS)],
        "service-quotas": quota(2),
    }
    (finding,) = found(quotas.databases, answers)
    assert (finding.verdict, finding.seen) == (Verdict.WARN, "2 of 2 used, 0 to be made, up to 1 later")


def host(kind: str, **more: Any) -> dict[str, Any]:
    return {"InstanceType": kind, **more}


def processors(allowed: float, *hosts: dict[str, Any], there: tuple[str, ...] = ()) -> Answers:
    names = {"t4g.large", "t4g.medium", *(host["InstanceType"] for host in hosts)}
    sizes = {name: 4 if name.endswith(".xlarge") else 2 for name in names}
    kinds = [{"InstanceType": name, "VCpuInfo": {"DefaultVCpus": size}} for name, size in sizes.items()]
    return {
        "ec2": [
            Answer("describe_instances", {"Reservations": [{"Instances": list(hosts)}]}),
            Answer("describe_instance_types", {"InstanceTypes": kinds}),
        ],
        "cloudformation": [stacks(*there)],
        "service-quotas": quota(allowed),
    }


@pytest.mark.parametrize(
    ("allowed", "verdict"),
    [(9, Verdict.FAIL), (10, Verdict.WARN), (35, Verdict.WARN), (36, Verdict.OK)],
)
def test_hosts_and_nodes_get_their_processors(allowed: float, verdict: Verdict) -> None:
    """Two hosts of two, six for the nodes at least; 32 of `cluster.max_cpus` under load."""
    (finding,) = found(quotas.processors, processors(allowed))
    assert finding.verdict == verdict


def test_processors_that_are_not_standard_or_not_on_demand_count_elsewhere() -> None:
    others = [host("inf2.xlarge"), host("m7g.large", InstanceLifecycle="spot"), host("g5.xlarge")]
    (finding,) = found(quotas.processors, processors(100, host("m7g.xlarge"), *others))
    assert finding.seen.startswith("4 of 100 used")


def test_nodes_that_are_there_are_part_of_what_the_cluster_may_grow_to() -> None:
    node = host("c7g.large", Tags=[{"Key": "eks:eks-cluster-name", "Value": "slipway"}])
    (finding,) = found(quotas.processors, processors(100, node, node, there=ALL_STACKS))
    assert finding.seen == "4 of 100 used, 0 to be made, up to 28 later"
