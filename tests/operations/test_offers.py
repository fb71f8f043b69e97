"""The region offers what the settings ask for, or the doctor says what it lacks."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations import offers
from operations.findings import Verdict
from slipway.managed_database import VERSION
from tests.operations.conftest import Answer, Answers, found, verdicts

DOMAIN = {"domain": "users.example.com", "domain_zone_id": "Z1"}
ZONES = {"eu-west-2a": "euw2-az2", "eu-west-2b": "euw2-az3", "eu-west-2c": "euw2-az1"}


def zones(**numbers: str) -> Answer:
    names = numbers or ZONES
    told = [{"ZoneName": name.replace("_", "-"), "ZoneId": number} for name, number in names.items()]
    return Answer("describe_availability_zones", {"AvailabilityZones": told})


def offered(places: Iterable[tuple[str, str]]) -> Answer:
    told = [{"InstanceType": kind, "Location": zone} for kind, zone in places]
    return Answer("describe_instance_type_offerings", {"InstanceTypeOfferings": told})


def test_the_first_three_zones_are_taken() -> None:
    (finding,) = found(offers.zones, {"ec2": [zones(**{**ZONES, "eu-west-2d": "euw2-az4"}), zones()]})
    assert (finding.verdict, finding.seen.count("eu-west-2")) == (Verdict.OK, 3)


def test_a_zone_that_eks_refuses_fails_and_others_are_named() -> None:
    first = {"us-east-1a": "use1-az3", "us-east-1b": "use1-az4", "us-east-1c": "use1-az5", "us-east-1d": "use1-az6"}
    (finding,) = found(offers.zones, {"ec2": [zones(**first)] * 2})
    assert finding.verdict == Verdict.FAIL
    assert "EKS refuses us-east-1a: set zones=us-east-1b,us-east-1c,us-east-1d" in finding.advice


def test_a_region_of_two_zones_fails() -> None:
    two = zones(**{"us-west-1a": "usw1-az1", "us-west-1c": "usw1-az3"})
    (finding,) = found(offers.zones, {"ec2": [two, two]})
    assert (finding.verdict, "three zones are needed" in finding.advice) == (Verdict.FAIL, True)


def test_zones_of_another_region_fail() -> None:
    settings = {"zones": "eu-west-1a,eu-west-1b,eu-west-1c"}
    (finding,) = found(offers.zones, {"ec2": [zones()]}, **settings)
    assert (finding.verdict, "not of eu-west-2" in finding.advice) == (Verdict.FAIL, True)


def test_each_zone_needs_one_type_for_nodes() -> None:
    places = [("t4g.medium", "eu-west-2a"), ("m7g.large", "eu-west-2b")]
    seen = verdicts(found(offers.node_types, {"ec2": [offered(places), zones()]}))
    assert seen == {
        "nodes in eu-west-2a": Verdict.OK,
        "nodes in eu-west-2b": Verdict.OK,
        "nodes in eu-west-2c": Verdict.FAIL,
    }


@pytest.mark.parametrize(("place", "verdict"), [("eu-west-2a", Verdict.OK), ("eu-west-2b", Verdict.FAIL)])
def test_hosts_want_their_types_in_the_first_zone(place: str, verdict: Verdict) -> None:
    places = [("t4g.medium", place), ("t4g.large", place)]
    image = Answer("get_parameter", {"Parameter": {"Value": "ami-1"}})
    seen = verdicts(found(offers.host_types, {"ec2": [zones(), offered(places)], "ssm": [image]}))
    assert seen == {"ci.jenkins_type": verdict, "ci.test_type": verdict, "ci.image": Verdict.OK}


def test_an_image_that_is_gone_fails() -> None:
    places = [("t4g.medium", "eu-west-2a"), ("t4g.large", "eu-west-2a")]
    gone = Answer("get_parameter", refusal="ParameterNotFound")
    seen = verdicts(found(offers.host_types, {"ec2": [zones(), offered(places)], "ssm": [gone]}))
    assert seen["ci.image"] == Verdict.FAIL


@pytest.mark.parametrize(
    ("state", "days", "verdict"),
    [
        ("STANDARD_SUPPORT", 200, Verdict.OK),
        ("STANDARD_SUPPORT", 60, Verdict.WARN),
        ("EXTENDED_SUPPORT", -5, Verdict.FAIL),
    ],
)
def test_kubernetes_is_supported(state: str, days: int, verdict: Verdict) -> None:
    end = datetime.now(UTC) + timedelta(days=days)
    version = {"clusterVersion": "1.36", "versionStatus": state, "endOfStandardSupportDate": end}
    (finding,) = found(
        offers.kubernetes, {"eks": [Answer("describe_cluster_versions", {"clusterVersions": [version]})]}
    )
    assert (finding.verdict, f"{end:%Y-%m-%d}" in finding.seen) == (verdict, True)


def test_a_version_that_eks_does_not_offer_fails() -> None:
    (finding,) = found(offers.kubernetes, {"eks": [Answer("describe_cluster_versions", {"clusterVersions": []})]})
    assert (finding.verdict, finding.seen) == (Verdict.FAIL, "EKS does not offer 1.36")


def databases(**changed: Any) -> Answers:
    offer = {
        "StorageType": "gp3",
        "SupportsIAMDatabaseAuthentication": True,
        "MultiAZCapable": True,
        "AvailabilityZones": [{"Name": "eu-west-2b"}],
        **changed,
    }
    answer = Answer("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [offer]})
    return {"rds": [answer, answer], "ec2": [zones(), zones()]}


@pytest.mark.parametrize(
    ("changed", "production", "test"),
    [
        ({}, Verdict.OK, Verdict.OK),
        ({"MultiAZCapable": False}, Verdict.FAIL, Verdict.OK),
        ({"SupportsIAMDatabaseAuthentication": False}, Verdict.FAIL, Verdict.FAIL),
        ({"StorageType": "gp2"}, Verdict.FAIL, Verdict.FAIL),
        ({"AvailabilityZones": [{"Name": "eu-west-2d"}]}, Verdict.FAIL, Verdict.FAIL),
    ],
)
def test_databases_are_offered_as_the_stacks_want_them(
    changed: dict[str, Any], production: Verdict, test: Verdict
) -> None:
    findings = found(offers.mariadb, databases(**changed))
    assert verdicts(findings) == {"database.production_class": production, "database.test_class": test}
    assert all(f"MariaDB {VERSION}" in finding.seen for finding in findings)


def hosted(name: str, *, private: bool = False) -> Answer:
    zone = {"Id": "/hostedzone/Z1", "Name": name, "CallerReference": "x", "Config": {"PrivateZone": private}}
    return Answer("get_hosted_zone", {"HostedZone": zone})


def test_without_a_domain_users_speak_plain_http() -> None:
    (finding,) = found(offers.domain, {})
    assert finding.verdict == Verdict.WARN


@pytest.mark.parametrize(
    "zone",
    [hosted("example.org."), hosted("sers.example.com."), hosted("example.com.", private=True)],
    ids=["another", "the end of a label", "private"],
)
def test_a_zone_that_cannot_hold_the_domain_fails(zone: Answer) -> None:
    (finding,) = found(offers.domain, {"route53": [zone]}, **DOMAIN)
    assert (finding.what, finding.verdict) == ("domain", Verdict.FAIL)


def test_a_zone_that_is_not_there_fails() -> None:
    (finding,) = found(offers.domain, {"route53": [Answer("get_hosted_zone", refusal="NoSuchHostedZone")]}, **DOMAIN)
    assert (finding.verdict, finding.seen) == (Verdict.FAIL, "the hosted zone Z1 is not there")


@pytest.mark.parametrize(
    ("state", "verdict"), [("ISSUED", Verdict.OK), ("PENDING_VALIDATION", Verdict.FAIL), ("EXPIRED", Verdict.FAIL)]
)
def test_the_certificate_of_the_domain_is_told(state: str, verdict: Verdict) -> None:
    ours = {"CertificateArn": "arn:aws:acm:eu-west-2:111122223333:certificate/1", "DomainName": DOMAIN["domain"]}
    others = {**ours, "DomainName": "example.org", "Status": "FAILED"}
    listed = Answer("list_certificates", {"CertificateSummaryList": [{**ours, "Status": state}, others]})
    seen = verdicts(found(offers.domain, {"route53": [hosted("example.com.")], "acm": [listed]}, **DOMAIN))
    assert seen == {"domain": Verdict.OK, "certificate": verdict}
