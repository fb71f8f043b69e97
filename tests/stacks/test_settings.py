from pathlib import Path
from typing import Any

import pytest

from cdk_app.settings import Settings, SettingsError, known_settings
from tests.stacks.synthesis import run_app

DIGEST = "sha256:" + "0" * 64
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:github-AbCdEf"


def test_settings_without_context_are_the_defaults() -> None:
    assert Settings.from_context({}) == Settings()


def test_every_setting_says_what_is_allowed() -> None:
    assert [name for name, description, _ in known_settings() if not description] == []


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"network.nat_gateways": "3"}, lambda s: s.network.nat_gateways == 3),
        ({"profile": "ha"}, lambda s: s.network.nat_gateways == 3),
        ({"budget": ""}, lambda s: s.budget is None),
        ({"network.nat_gateways": 3}, lambda s: s.network.nat_gateways == 3),
        ({"protect": "false"}, lambda s: s.protect is False),
        ({"zones": "eu-west-2a, eu-west-2b,eu-west-2c"}, lambda s: s.zones[1] == "eu-west-2b"),
        ({"zones": ["eu-west-2a", "eu-west-2b", "eu-west-2c"]}, lambda s: s.zones[1] == "eu-west-2b"),
        ({"cluster.public_cidrs": "192.0.2.0/24"}, lambda s: str(s.cluster.public_cidrs[0]) == "192.0.2.0/24"),
        ({"domain": ""}, lambda s: s.domain is None),
        ({"database.backup_window": "03:00-03:30"}, lambda s: s.database.backup_window == "03:00-03:30"),
        (
            {"database.backup_window": "00:00-00:30", "database.maintenance_window": "sun:23:00-mon:00:00"},
            lambda s: s.database.maintenance_window == "sun:23:00-mon:00:00",
        ),
        ({"domain": "a.example.com", "domain_zone_id": "Z1"}, lambda s: s.domain == "a.example.com"),
        (
            {"images.backend": f"r/b@{DIGEST}", "images.frontend": f"r/f@{DIGEST}"},
            lambda s: s.images.backend == f"r/b@{DIGEST}",
        ),
        (
            {"ci.github_token_secret": SECRET, "ci.repository": "https://github.com/you/slipway.git"},
            lambda s: s.ci.github_token_secret == SECRET,
        ),
        ({"release": "0123456789abcdef0123456789abcdef01234567"}, lambda s: s.release.startswith("0123")),
    ],
)
def test_a_setting_is_read_from_the_context(given: dict[str, Any], read: Any) -> None:
    assert read(Settings.from_context(given))


def test_the_context_of_the_cdk_itself_is_passed_over() -> None:
    context = {"@aws-cdk/core:x": True, "aws:cdk:bundling-stacks": ["**"], "cli-telemetry": False}
    assert Settings.from_context(context) == Settings()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"network.nat_gateway": "2"},
            "setting network.nat_gateway='2' is unknown; did you mean network.nat_gateways?",
        ),
        (
            {"profile": "tiny"},
            "setting profile='tiny' is not allowed; give default, small or ha: settings that go together, as listed at "
            "the end; a setting that is given itself wins",
        ),
        (
            {"network.nat_gateways": "4"},
            "setting network.nat_gateways='4' is not allowed; give 1, 2 or 3: one is cheapest, "
            "three survive the loss of a zone",
        ),
        (
            {"images.backend": "registry/backend:latest", "images.frontend": f"r/f@{DIGEST}"},
            "setting images.backend='registry/backend:latest' is not allowed; give an image by digest: name@sha256:…",
        ),
        (
            {"cluster.node_types": "t3.medium,m5.large"},
            "setting cluster.node_types='t3.medium,m5.large' is not allowed; give arm64 instance types for the "
            "nodes, t4g.medium or larger; the cheapest that fits is taken",
        ),
        (
            {"network.cidr": "10.0.0.0/24"},
            "setting network.cidr='10.0.0.0/24' is not allowed; give the VPC's IPv4 range: private, a /16 to /20 "
            "outside 172.17.0.0/16 and 172.20.0.0/16, such as 10.40.0.0/16",
        ),
        (
            {"zones": "eu-west-2a,eu-west-2a,eu-west-2b"},
            "settings: zones=eu-west-2a,eu-west-2a,eu-west-2b is not allowed; give three different availability zones "
            "of one region",
        ),
        (
            {"zones": "eu-west-2a,us-east-1b,eu-west-2c"},
            "settings: zones=eu-west-2a,us-east-1b,eu-west-2c is not allowed; give three different availability zones "
            "of one region",
        ),
        (
            {"database.maintenance_window": "sunday 2 am"},
            "setting database.maintenance_window='sunday 2 am' is not allowed; give when RDS may install minor "
            "versions, in UTC, at least half an hour such as sun:02:00-sun:03:00",
        ),
        (
            {"database.backup_window": "01:00-01:20"},
            "settings: the window 01:00-01:20 is not allowed; give one of at least 30 minutes",
        ),
        (
            {"database.backup_window": "02:59-03:59"},
            "settings: database.backup_window=02:59-03:59 and database.maintenance_window=sun:02:00-sun:03:00 overlap; "
            "give windows that do not",
        ),
        (
            {"database.backup_window": "23:30-02:01"},
            "settings: database.backup_window=23:30-02:01 and database.maintenance_window=sun:02:00-sun:03:00 overlap; "
            "give windows that do not",
        ),
        ({"domain": "a.example.com"}, "settings: domain=a.example.com and domain_zone_id=None: give both or neither"),
        (
            {"images.backend": f"r/b@{DIGEST}"},
            f"settings: images.backend=r/b@{DIGEST} and images.frontend=None: "
            "give both or neither, they are one release",
        ),
        (
            {"ci.oidc_issuer": "https://id.example.com", "ci.oidc_client_id": "jenkins"},
            "settings: ci.oidc_client_secret, ci.oidc_admins is not set; give all of ci.oidc_* or none",
        ),
        (
            {"ci.github_token_secret": SECRET, "ci.repository": "https://git.example.com/you/slipway.git"},
            "settings: ci.github_token_secret with ci.repository=https://git.example.com/you/slipway.git: "
            "give https://github.com/OWNER/NAME.git",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_is_allowed(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_context(given)
    assert str(error.value) == message


def test_two_wrong_settings_are_two_lines() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_context({"protect": "maybe", "database.backup_days": "0"})
    assert [line.split("=")[0] for line in str(error.value).splitlines()] == [
        "setting protect",
        "setting database.backup_days",
    ]


def test_a_setting_unlike_any_lists_them_all() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_context({"zzzz": "1"})
    assert str(error.value).startswith("setting zzzz='1' is unknown; known settings: profile, name, owner, ")
    assert "ci.repository" in str(error.value)


@pytest.mark.full
def test_the_app_refuses_a_wrong_setting_without_a_traceback(tmp_path: Path) -> None:
    done = run_app(tmp_path, owners="me")
    assert done.returncode == 1
    assert done.stderr == "setting owners='me' is unknown; did you mean owner?\n"


@pytest.mark.parametrize(
    "given",
    [
        {"name": "slipway-"},
        {"name": "a--b"},
        {"name": "a"},
        {"name": "aws-team"},
        {"owner": "a<b>"},
        {"owner": "aws:me"},
        {"cost_centre": " "},
        {"database.production_class": "db.t4g.micr"},
        {"database.production_class": "db.t4g.small"},
        {"database.test_class": "db.foo.large"},
        {"cluster.node_types": "t4g.foo"},
        {"cluster.node_types": "t4g.small"},
        {"cluster.public_cidrs": "0.0.0.0/0"},
        {"cluster.public_cidrs": "10.0.0.0/8"},
        {"cluster.admins": "arn:aws:iam::111122223333:role/*"},
        {"network.cidr": "172.20.0.0/16"},
        {"network.cidr": "172.17.0.0/16"},
        {"network.cidr": "8.8.0.0/16"},
        {"network.cidr": "127.0.0.0/16"},
        {"network.cidr": "169.254.0.0/16"},
        {"ci.repository": "https://github.com/you/slipway?token=x"},
        {"domain": "-users.example.com"},
        {"domain": f"{'u' * 60}.example.com"},
    ],
    ids=str,
)
def test_what_aws_would_refuse_later_is_refused_here(given: dict[str, str]) -> None:
    (key,) = given
    with pytest.raises(SettingsError, match=f"setting {key}=.* is not allowed; give "):
        Settings.from_context(given)
