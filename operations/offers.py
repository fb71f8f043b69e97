"""Whether the region offers what the settings ask for, and in the zones that the stacks take."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from operations.account import Account, AwsError, NotThereError
from operations.findings import Check, Finding, fail, ok, warn
from slipway.managed_database import VERSION

_ZONES = 3
_REFUSED = ("cac1-az3", "use1-az3", "usw1-az2")
"""IDs of the zones in which EKS makes no control plane."""

_NOTICE = timedelta(days=90)
_PAGE = "docs/runbook/certificate.md"


def zones(account: Account) -> Iterator[Finding]:
    """See that the three zones are there, and that EKS takes them."""
    found = {zone["ZoneName"]: zone["ZoneId"] for zone in _zones(account)}
    taken = _taken(account)
    unknown = [zone for zone in taken if zone not in found]
    refused = [zone for zone in taken if found.get(zone) in _REFUSED]
    seen = ", ".join(f"{zone} ({found.get(zone, 'unknown')})" for zone in taken)
    if unknown:
        yield fail("zones", seen, f"zones={','.join(unknown)}: not of {account.region}; it has {', '.join(found)}")
    elif len(taken) < _ZONES:
        yield fail("zones", seen, f"three zones are needed, {account.region} has {len(found)}: choose another region")
    elif refused:
        others = [zone for zone, number in found.items() if number not in _REFUSED][:_ZONES]
        yield fail("zones", seen, f"EKS refuses {', '.join(refused)}: set zones={','.join(others)} in cdk.json")
    else:
        yield ok("zones", seen)


def node_types(account: Account) -> Iterator[Finding]:
    """See that each zone has a type of instance for the nodes."""
    offered = _offered(account, account.settings.cluster.node_types)
    for zone in _taken(account):
        kinds = sorted(kind for kind, places in offered.items() if zone in places)
        what = f"nodes in {zone}"
        if kinds:
            yield ok(what, ", ".join(kinds))
        else:
            yield fail(what, "none of cluster.node_types", "name another in cluster.node_types, or other zones")


def host_types(account: Account) -> Iterator[Finding]:
    """See that the first zone, where both hosts are, has their types, and the region their image."""
    ci, zone = account.settings.ci, _taken(account)[0]
    offered = _offered(account, sorted({ci.jenkins_type, ci.test_type}))
    for setting, kind in (("ci.jenkins_type", ci.jenkins_type), ("ci.test_type", ci.test_type)):
        if zone in offered.get(kind, ()):
            yield ok(setting, f"{kind} in {zone}")
        else:
            yield fail(setting, f"no {kind} in {zone}", f"name another type in {setting}")
    try:
        image = account.ask("ssm", "get_parameter", Name=ci.image)["Parameter"]["Value"]
        yield ok("ci.image", image)
    except NotThereError:
        advice = "Canonical has dropped it: set a newer date in ci.image (docs/runbook/lost-jenkins-host.md)"
        yield fail("ci.image", f"{ci.image} is not there", advice)


def kubernetes(account: Account) -> Iterator[Finding]:
    """See that EKS offers the version, and supports it at the usual price."""
    version = account.settings.cluster.version
    found = account.listed("eks", "describe_cluster_versions", "clusterVersions", clusterVersions=[version])
    if not found:
        yield fail("Kubernetes", f"EKS does not offer {version}", "set another cluster.version")
        return
    state, end = found[0].get("versionStatus", ""), found[0].get("endOfStandardSupportDate")
    seen = f"{version}, {state.lower().replace('_', ' ')}" + (f" until {end:%Y-%m-%d}" if end else "")
    advice = "raise cluster.version: docs/runbook/cluster-upgrade.md"
    if state not in ("", "STANDARD_SUPPORT"):
        yield fail("Kubernetes", seen, advice)
    elif end and end - datetime.now(UTC) < _NOTICE:
        yield warn("Kubernetes", seen, advice)
    else:
        yield ok("Kubernetes", seen)


def mariadb(account: Account) -> Iterator[Finding]:
    """See that RDS offers MariaDB's version in the classes of both databases, with what production asks for."""
    database = account.settings.database
    for setting, kind, standby in (
        ("database.production_class", database.production_class, database.multi_az),
        ("database.test_class", database.test_class, False),
    ):
        offers = account.listed(
            *("rds", "describe_orderable_db_instance_options", "OrderableDBInstanceOptions"),
            Engine="mariadb",
            EngineVersion=VERSION,
            DBInstanceClass=kind,
        )
        fit = [
            offer
            for offer in offers
            if offer["StorageType"] == "gp3"
            and offer["SupportsIAMDatabaseAuthentication"]
            and (offer["MultiAZCapable"] or not standby)
        ]
        places = {zone["Name"] for offer in fit for zone in offer["AvailabilityZones"]}
        if places & set(_taken(account)):
            yield ok(setting, f"{kind}, MariaDB {VERSION}, in {', '.join(sorted(places))}")
        else:
            advice = f"name another class in {setting}; see aws rds describe-db-engine-versions --engine mariadb"
            yield fail(setting, f"no {kind} with MariaDB {VERSION} and IAM sign-in", advice)


def domain(account: Account) -> Iterator[Finding]:
    """See that the zone holds the domain, and how its certificate fares."""
    name, number = account.settings.domain, account.settings.domain_zone_id
    if name is None or number is None:
        yield warn("domain", "none: users speak plain HTTP", f"set domain and domain_zone_id: {_PAGE}")
        return
    try:
        zone = account.ask("route53", "get_hosted_zone", Id=number)["HostedZone"]
    except NotThereError:
        yield fail("domain", f"the hosted zone {number} is not there", "set domain_zone_id to one of this account")
        return
    holds = zone["Name"].rstrip(".")
    if name != holds and not name.endswith(f".{holds}"):
        yield fail("domain", f"the zone {number} holds {holds}, not {name}", "set domain and domain_zone_id to fit")
        return
    if zone.get("Config", {}).get("PrivateZone"):
        yield fail("domain", f"the zone {number} is private", "ACM and users need the public zone of the domain")
        return
    yield ok("domain", f"{name} in {number} ({holds})")
    found = account.listed("acm", "list_certificates", "CertificateSummaryList")
    for certificate in (item for item in found if item["DomainName"] == name):
        state = certificate.get("Status", "ISSUED")
        if state == "ISSUED":
            yield ok("certificate", "issued")
        else:
            yield fail("certificate", state.lower().replace("_", " "), _PAGE)


def _zones(account: Account) -> list[dict[str, str]]:
    kinds = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    found: list[dict[str, str]] = account.ask("ec2", "describe_availability_zones", Filters=kinds)["AvailabilityZones"]
    return found


def _taken(account: Account) -> list[str]:
    """Return the zones that the network takes: those of the settings, else the region's first three."""
    taken = list(account.settings.zones) or sorted(zone["ZoneName"] for zone in _zones(account))[:_ZONES]
    if not taken:
        raise AwsError(f"{account.region} has no zones for this account; enable the region in the account's settings")
    return taken


def _offered(account: Account, kinds: Sequence[str]) -> dict[str, set[str]]:
    """Return the zones in which each of the types of instances is offered."""
    found = account.listed(
        *("ec2", "describe_instance_type_offerings", "InstanceTypeOfferings"),
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": list(kinds)}],
    )
    offered: dict[str, set[str]] = {}
    for offer in found:
        offered.setdefault(offer["InstanceType"], set()).add(offer["Location"])
    return offered


CHECKS: tuple[Check[Account], ...] = (zones, node_types, host_types, kubernetes, mariadb, domain)
