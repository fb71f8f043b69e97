"""How what is deployed to AWS fares: `make status DEPLOYED=1`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import urllib3

from bootstrap.arns import STACKS
from operations.account import Account, NotThereError
from operations.alarms import alarms, receivers
from operations.findings import Check, Finding, fail, ok, warn
from operations.hosts import hosts
from slipway.pod_watch import NAMESPACE as POD_METRICS

_PAGES = "docs/runbook"
_ANSWER_SECONDS = 10.0
_BACKUP_LAG = timedelta(minutes=15)
"""RDS carries its logs away every five minutes; three times that is more than a delay."""

_COUNTED = timedelta(minutes=15)


def stacks(account: Account) -> Iterator[Finding]:
    """See how CloudFormation left each stack; where there is none, the region is the first thing to doubt."""
    if not set(STACKS) & set(account.stacks):
        advice = "another region or account? export AWS_REGION=...; make doctor ACCOUNT=1 says whose this is"
        yield fail("stacks", f"none is deployed in {account.region}", advice)
        return
    for name in STACKS:
        stack = account.stacks.get(name)
        if stack is None:
            yield warn(name, "not deployed", "cdk deploy ProdStack, or CiStack for the build side")
            continue
        state, changed = stack["StackStatus"], stack.get("LastUpdatedTime") or stack["CreationTime"]
        seen = f"{state}, {changed:%Y-%m-%d %H:%M} UTC"
        if state in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            yield ok(name, seen)
        elif state == "UPDATE_ROLLBACK_COMPLETE":
            yield warn(name, seen, f"the last change was put back: {_PAGES}/deploy-failed.md")
        elif state.endswith("_IN_PROGRESS"):
            yield warn(name, seen, "wait for it; its events are in CloudFormation")
        else:
            yield fail(name, seen, f"{_PAGES}/deploy-failed.md")


def release(account: Account) -> Iterator[Finding]:
    """See which release is the last good one, and whether it is the one that users get."""
    name = f"/{account.settings.name}/release/last-good"
    good = "none"
    try:
        value = account.ask("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
        good = "none" if value == "none" else str(json.loads(value)["release"])
        yield ok("last good release", good)
    except NotThereError:
        yield warn("last good release", f"{name} is not there", "CiStack makes it, and the next release fills it")
    outputs = {
        item["OutputKey"]: item["OutputValue"] for item in account.stacks.get("ProdStack", {}).get("Outputs", [])
    }
    if url := outputs.get("ApplicationUrl"):
        yield _page(url, good)


def targets(account: Account) -> Iterator[Finding]:
    """See which of the proxy's pods the load balancer takes for healthy."""
    for group in account.resources("ProdStack", "AWS::ElasticLoadBalancingV2::TargetGroup").values():
        described = account.existing(
            "elbv2", "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=group
        )
        states = [target["TargetHealth"]["State"] for target in described]
        seen = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "none registered"
        if "healthy" not in states:
            yield fail("targets", seen, f"{_PAGES}/alarms.md#unhealthy-targets")
        elif set(states) - {"healthy", "initial", "draining"}:
            yield warn("targets", seen, f"{_PAGES}/alarms.md#unhealthy-targets")
        else:
            yield ok("targets", seen)


def database(account: Account) -> Iterator[Finding]:
    """See that production's database serves, and until when it can be restored to."""
    name = f"{account.settings.name}-production"
    if "DataStack" not in account.stacks:
        return
    found = account.existing("rds", "describe_db_instances", "DBInstances", DBInstanceIdentifier=name)
    if not found:
        yield fail("database", f"{name} is not there", f"{_PAGES}/database-restore.md#the-instance-itself-is-lost")
        return
    seen = found[0]
    told = f"{name}: {seen['DBInstanceStatus']}, {seen['Engine']} {seen.get('EngineVersion', '')}"
    told += ", with a standby" if seen.get("MultiAZ") else ", no standby"
    if seen["DBInstanceStatus"] == "available":
        yield ok("database", told)
    else:
        yield fail("database", told, f"{_PAGES}/database-restore.md; aws rds describe-events --duration 60")
    if (latest := seen.get("LatestRestorableTime")) is not None:
        until = f"to any second until {latest:%Y-%m-%d %H:%M} UTC"
        late = datetime.now(UTC) - latest > _BACKUP_LAG
        yield (
            warn("restorable", until, "RDS is behind with its backups: its events say why")
            if late
            else ok("restorable", until)
        )


def cluster(account: Account) -> Iterator[Finding]:
    """See that the control plane serves, and which nodes there are."""
    name = account.settings.name
    if "ClusterStack" not in account.stacks:
        return
    try:
        seen = account.ask("eks", "describe_cluster", name=name)["cluster"]
    except NotThereError:
        yield fail("cluster", f"{name} is not there", f"{_PAGES}/cluster-upgrade.md#the-cluster-is-gone")
        return
    told = f"{name}: {seen['status']}, Kubernetes {seen.get('version', 'unknown')}"
    issues = [issue["message"] for issue in seen.get("health", {}).get("issues", [])]
    if seen["status"] == "ACTIVE" and not issues:
        yield ok("cluster", told)
    elif seen["status"] == "UPDATING":
        yield warn("cluster", told, f"an upgrade takes some minutes: {_PAGES}/cluster-upgrade.md")
    else:
        yield fail("cluster", "; ".join([told, *issues]), f"{_PAGES}/cluster-upgrade.md; aws eks list-insights")
    marks = [{"Name": "tag:eks:eks-cluster-name", "Values": [name]}]
    found = account.listed("ec2", "describe_instances", "Reservations", Filters=marks)
    nodes = [node for part in found for node in part["Instances"] if node["State"]["Name"] in ("pending", "running")]
    where = sorted(f"{node['InstanceType']} in {node['Placement']['AvailabilityZone']}" for node in nodes)
    if nodes:
        yield ok("nodes", f"{len(nodes)}: {', '.join(where)}")
    else:
        yield fail("nodes", "none", f"{_PAGES}/alarms.md#pods-not-ready")


def pods(account: Account) -> Iterator[Finding]:
    """See how many pods are wanted, and how many of them do not serve, as the watch counts them."""
    if "ProdStack" not in account.stacks:
        return
    wanted, missing = (_least(account, metric) for metric in ("Wanted", "Missing"))
    if wanted is None or missing is None:
        yield warn("pods", "nobody has counted them lately", f"{_PAGES}/alarms.md#pods-not-ready")
    elif missing:
        yield fail("pods", f"{missing:.0f} of {wanted:.0f} do not serve", f"{_PAGES}/alarms.md#pods-not-ready")
    else:
        yield ok("pods", f"all {wanted:.0f} serve")


def _page(url: str, good: str) -> Finding:
    """Ask for the page as users do; it says whose it is."""
    try:
        answer = urllib3.request("GET", url, timeout=_ANSWER_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return fail("page", f"{url} does not answer: {error}", f"{_PAGES}/first-five-minutes.md")
    served = answer.headers.get("X-Release", "unknown")
    seen = f"{answer.status} from release {served}, {url}"
    if answer.status != HTTPStatus.OK:
        return fail("page", seen, f"{_PAGES}/first-five-minutes.md")
    if answer.headers.get("X-Cache") == "STALE":
        return fail("page", f"{seen}: a copy, out of date", f"{_PAGES}/first-five-minutes.md")
    if good not in ("none", served):
        return warn("page", seen, f"not the last good release: a release is under way, or {_PAGES}/roll-back.md")
    return ok("page", seen)


def _least(account: Account, metric: str) -> float | None:
    """Return the newest five minutes' least of one of the watch's metrics; None where there is none."""
    now = datetime.now(UTC)
    told: list[dict[str, Any]] = account.ask(
        *("cloudwatch", "get_metric_statistics"),
        Namespace=POD_METRICS,
        MetricName=metric,
        StartTime=now - _COUNTED,
        EndTime=now,
        Period=300,
        Statistics=["Minimum"],
    )["Datapoints"]
    newest = max(told, key=lambda point: point["Timestamp"], default=None)
    return None if newest is None else float(newest["Minimum"])


CHECKS: tuple[Check[Account], ...] = (stacks, release, targets, pods, database, cluster, alarms, receivers, hosts)
"""From the user inwards."""
