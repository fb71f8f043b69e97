"""Whether an account has room for what a deployment still has to make."""

import re
from collections.abc import Iterator

from operations.account import Account, NotThereError
from operations.findings import Check, Finding, fail, ok, warn

_LEAST_NODES = 6
"""vCPUs that the cluster's nodes have at least: the least that `cluster.max_cpus` may be."""

_STANDARD = re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d")
"""Families that share the quota of standard on-demand instances."""


def vpcs(account: Account) -> Iterator[Finding]:
    """See that there is room for the network."""
    used = len(account.listed("ec2", "describe_vpcs", "Vpcs"))
    yield _judged(account, "VPCs", "vpc", "L-F678F1CE", used, least=_missing(account, "NetworkStack"))


def elastic_ips(account: Account) -> Iterator[Finding]:
    """See that there are addresses for the NAT gateways."""
    used = len(account.ask("ec2", "describe_addresses")["Addresses"])
    least = account.settings.network.nat_gateways * _missing(account, "NetworkStack")
    yield _judged(account, "Elastic IPs", "ec2", "L-0263D0A3", used, least=least)


def clusters(account: Account) -> Iterator[Finding]:
    """See that there is room for the cluster."""
    used = len(account.listed("eks", "list_clusters", "clusters"))
    yield _judged(account, "EKS clusters", "eks", "L-1194D53C", used, least=_missing(account, "ClusterStack"))


def databases(account: Account) -> Iterator[Finding]:
    """See that there is room for the two databases, and for a third while one is restored."""
    used = len(account.listed("rds", "describe_db_instances", "DBInstances"))
    least = _missing(account, "DataStack") + _missing(account, "CiStack")
    yield _judged(account, "RDS instances", "rds", "L-7B6409FD", used, least=least, most=least + 1)


def processors(account: Account) -> Iterator[Finding]:
    """See that hosts and nodes get their vCPUs; all that `cluster.max_cpus` allows is wanted under load alone."""
    settings = account.settings
    running = account.listed(
        "ec2", "describe_instances", "Reservations", Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )
    hosts = [host for reservation in running for host in reservation["Instances"]]
    types = sorted({settings.ci.jenkins_type, settings.ci.test_type, *(host["InstanceType"] for host in hosts)})
    described = account.listed("ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=types)
    sizes = {kind["InstanceType"]: int(kind["VCpuInfo"]["DefaultVCpus"]) for kind in described}
    counted = [host for host in hosts if _STANDARD.match(host["InstanceType"]) and "InstanceLifecycle" not in host]
    used = sum(sizes[host["InstanceType"]] for host in counted)
    builders = sum(sizes[kind] for kind in (settings.ci.jenkins_type, settings.ci.test_type))
    least = builders * _missing(account, "CiStack") + _LEAST_NODES * _missing(account, "ClusterStack")
    mark = {"Key": "eks:eks-cluster-name", "Value": settings.name}
    grown = sum(sizes[host["InstanceType"]] for host in hosts if mark in host.get("Tags", []))
    most = builders * _missing(account, "CiStack") + settings.cluster.max_cpus - grown
    yield _judged(account, "vCPUs on demand", "ec2", "L-1216C47A", used, least=least, most=max(least, most))


def _judged(
    account: Account, what: str, service: str, code: str, used: int, *, least: int, most: int | None = None
) -> Finding:
    """Compare a quota with what is used, with what has to be made, and with what may have to be."""
    most = least if most is None else most
    try:
        quota = account.ask("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)["Quota"]
    except NotThereError:  # none of this account's own
        quota = account.ask("service-quotas", "get_aws_default_service_quota", ServiceCode=service, QuotaCode=code)[
            "Quota"
        ]
    allowed = int(quota["Value"])
    seen = f"{used} of {allowed} used, {least} to be made" + (f", up to {most} later" if most > least else "")
    advice = f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
    advice = f"{advice} --desired-value {used + most}"
    if used + least > allowed:
        return fail(what, seen, f"{advice} (minutes to two days), or remove what nobody uses")
    if used + most > allowed:
        return warn(what, seen, advice)
    return ok(what, seen)


def _missing(account: Account, stack: str) -> int:
    """Return 1 if a stack is still to be made."""
    return int(stack not in account.stacks)


CHECKS: tuple[Check[Account], ...] = (vpcs, elastic_ips, clusters, databases, processors)
