"""Every knob of the platform: typed, validated, with its default.

A setting comes from the CDK's context under its dotted name, and from nowhere else. What a team sets for good it writes
into cdk.json's context, where the pipeline finds it too; the command line, `-c network.nat_gateways=3`, goes before it.
A profile stands for several; what is given by itself, in either place, goes before it.
Values arrive as strings from the command line and as JSON from cdk.json; lists are comma-separated.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cdk_app import windows
from cdk_app.profiles import PROFILES
from cdk_app.setting_types import (
    GITHUB_REPOSITORY,
    DatabaseClass,
    Domain,
    HostType,
    Image,
    List,
    NodeType,
    OidcIssuer,
    Optional,
    PublicRange,
    RepositoryUrl,
    RoleArn,
    SecretArn,
    SystemName,
    TagValue,
    TestDatabaseClass,
    VpcRange,
    Zone,
)
from slipway.private_cluster import SERVICE_CIDR

_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cdk-migrate", "cli-telemetry"})
"""The CDK's own context keys that neither hold a colon nor start with '@'."""

_TAG = "1 to 256 letters, digits, spaces and . : / = + - @ _, not aws:…"


class SettingsError(ValueError):
    """A setting is unknown or has a value that is not allowed; the message holds one line for each."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Network(_Section):
    """The VPC."""

    cidr: VpcRange = Field(
        IPv4Network("10.40.0.0/16"),
        description="the VPC's IPv4 range: private, a /16 to /20 outside 172.17.0.0/16 and "
        f"{SERVICE_CIDR}, such as 10.40.0.0/16",
    )
    nat_gateways: int = Field(1, ge=1, le=3, description="1, 2 or 3: one is cheapest, three survive the loss of a zone")


class Images(_Section):
    """What the pods run: references by digest. Unset, the CDK builds them from services/."""

    backend: Annotated[Image | None, Optional] = Field(None, description="an image by digest: name@sha256:…")
    frontend: Annotated[Image | None, Optional] = Field(None, description="an image by digest: name@sha256:…")
    proxy: Annotated[Image | None, Optional] = Field(
        None, description="an NGINX image by digest: name@sha256:…; unset, the one that k8s_charts names"
    )


class Cluster(_Section):
    """The EKS cluster."""

    version: Literal["1.35", "1.36", "1.37"] = Field(
        "1.36", description="1.35, 1.36 or 1.37: one minor version around kubectl 1.36, which applies the manifests"
    )
    public_cidrs: Annotated[tuple[PublicRange, ...], List] = Field(
        (),
        description="public IPv4 ranges such as 192.0.2.0/24 that may reach the Kubernetes API from outside; none by "
        "default",
    )
    admins: Annotated[tuple[RoleArn, ...], List] = Field(
        (), description="ARNs of the IAM roles that administer the cluster with kubectl; none by default"
    )
    node_types: Annotated[tuple[NodeType, ...], List] = Field(
        ("t4g.medium", "c7g.large", "m7g.large"),
        min_length=1,
        description="arm64 instance types for the nodes, t4g.medium or larger; the cheapest that fits is taken",
    )
    max_cpus: int = Field(32, ge=6, le=1000, description="6 to 1000 vCPUs that all nodes together may have")


class Database(_Section):
    """The two databases."""

    production_class: DatabaseClass = Field(
        "db.t4g.medium", description="an RDS instance class, db.t4g.medium or larger"
    )
    test_class: TestDatabaseClass = Field("db.t4g.micro", description="an RDS instance class such as db.t4g.micro")
    storage_gib: int = Field(20, ge=20, le=1000, description="20 to 1000 GiB for each database at first")
    multi_az: bool = Field(True, description="true or false: a standby of the production database in another zone")
    backup_days: int = Field(14, ge=1, le=35, description="1 to 35 days that production's backups are kept")
    backup_window: str = Field(
        "01:00-01:30",
        pattern=windows.DAILY,
        description="when the daily backups are taken, in UTC, at least half an hour such as 01:00-01:30",
    )
    maintenance_window: str = Field(
        "sun:02:00-sun:03:00",
        pattern=windows.WEEKLY,
        description="when RDS may install minor versions, in UTC, at least half an hour such as sun:02:00-sun:03:00",
    )


class Ci(_Section):
    """The hosts that build and test."""

    repository: RepositoryUrl = Field(
        "https://github.com/example/slipway.git",
        description="the https URL that Jenkins clones, with the runbook that alarms point to; the default is a "
        "placeholder",
    )
    image: str = Field(
        "/aws/service/canonical/ubuntu/server/24.04/stable/20260923/arm64/hvm/ebs-gp3/ami-id",
        pattern=r"^/aws/service/\S+/\d{8}(\.\d+)?/arm64/\S+$",
        description="a dated public parameter of an arm64 Ubuntu LTS image: a newer one replaces the hosts",
    )
    jenkins_type: HostType = Field("t4g.medium", description="an arm64 instance type such as t4g.medium")
    test_type: HostType = Field("t4g.large", description="an arm64 instance type such as t4g.large")
    test_executors: int = Field(
        2, ge=1, le=8, description="1 to 8 builds at once on the test host, each with 2.3 GB of its memory"
    )
    home_gib: int = Field(30, ge=10, le=1000, description="10 to 1000 GiB for Jenkins' home")
    github_token_secret: Annotated[SecretArn | None, Optional] = Field(
        None,
        description="ARN of the Secrets Manager secret whose string is a GitHub token, for a private repository, pull "
        "requests and commit statuses; none by default",
    )
    approval: Literal["platform", "always"] = Field(
        "platform",
        description="when a release waits for a person: platform, where a stack other than ProdStack differs from what "
        "is deployed; always",
    )
    chat_secret: Annotated[SecretArn | None, Optional] = Field(
        None,
        description="ARN of the Secrets Manager secret whose string is the URL of a chat's incoming webhook, which is "
        "told how builds of main end; none by default",
    )
    jira_secret: Annotated[SecretArn | None, Optional] = Field(
        None,
        description="ARN of the Secrets Manager secret whose string is an account of Jira Cloud, as JSON with url, "
        "email and token, by which issues are linked to the builds of main; none by default",
    )
    oidc_issuer: Annotated[OidcIssuer | None, Optional] = Field(
        None,
        description="the https URL of the OpenID Connect provider that people sign in to Jenkins with; none by default",
    )
    oidc_client_id: Annotated[str | None, Optional] = Field(
        None, pattern=r"^\S+$", description="what the provider calls Jenkins; give all ci.oidc_* or none"
    )
    oidc_client_secret: Annotated[SecretArn | None, Optional] = Field(
        None, description="ARN of the Secrets Manager secret whose string is the client's secret at the provider"
    )
    oidc_admins: Annotated[str | None, Optional] = Field(
        None,
        pattern=r"^[\w.:/@\-]+$",
        description="the provider's group that administers Jenkins; whoever else signs in may read",
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        oidc = {name: value for name, value in self if name.startswith("oidc_")}
        missing = [f"ci.{name}" for name, value in oidc.items() if value is None]
        if 0 < len(missing) < len(oidc):
            raise ValueError(f"{', '.join(missing)} is not set; give all of ci.oidc_* or none")
        if self.github_token_secret and not re.fullmatch(GITHUB_REPOSITORY, self.repository):
            raise ValueError(
                f"ci.github_token_secret with ci.repository={self.repository}: give https://github.com/OWNER/NAME.git"
            )
        return self


class Settings(_Section):
    """All settings. Each default stands here and nowhere else."""

    profile: Literal["default", "small", "ha"] = Field(
        "default",
        description="default, small or ha: settings that go together, as listed at the end; a setting that is given "
        "itself wins",
    )
    name: SystemName = Field(
        "slipway",
        description="2 to 20 lower-case letters and digits, with single hyphens between them, not aws… or ssm…: the "
        "system's name, in the names that people type",
    )
    owner: TagValue = Field("platform", description=f"who answers for the bill: a tag of {_TAG}")
    cost_centre: TagValue = Field("unassigned", description=f"who pays: a tag of {_TAG}")
    protect: bool = Field(
        True, description="true or false: whether production's database refuses deletion and leaves a last snapshot"
    )
    zones: Annotated[tuple[Zone, ...], List] = Field(
        (), description="three availability zones such as eu-west-2a,eu-west-2b,eu-west-2c; unset, the region's first"
    )
    domain: Annotated[Domain | None, Optional] = Field(
        None,
        description="the host name that users type, up to 64 letters such as users.example.com; unset, plain HTTP on "
        "AWS's name",
    )
    domain_zone_id: Annotated[str | None, Optional] = Field(
        None,
        pattern=r"^Z[A-Z0-9]+$",
        description="ID of the Route 53 hosted zone that holds the domain; give both or neither",
    )
    gate_minutes: int = Field(
        10, ge=1, le=14, description="1 to 14 minutes that a release may take to come to life before it is undone"
    )
    alarm_email: Annotated[str | None, Optional] = Field(
        None,
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="the e-mail address that is told of alarms, once its owner has confirmed; none by default",
    )
    budget: Annotated[int | None, Optional] = Field(
        650,
        ge=1,
        description="US dollars a month: whoever is told of alarms hears when the whole account has spent four fifths "
        "of them, or all, or is going to; empty, there is no budget",
    )
    release: str = Field(
        "working-tree",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$",
        description="up to 40 lower-case letters, digits and hyphens: what the release is called",
    )
    network: Network = Network()
    images: Images = Images()
    cluster: Cluster = Cluster()
    database: Database = Database()
    ci: Ci = Ci()

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """Refuse settings that are sound one by one and not together."""
        if self.zones and (len(set(self.zones)) != 3 or len({zone[:-1] for zone in self.zones}) != 1):
            raise ValueError(
                f"zones={','.join(self.zones)} is not allowed; give three different availability zones of one region"
            )
        windows.check(self.database.backup_window, self.database.maintenance_window)
        if (self.domain is None) != (self.domain_zone_id is None):
            raise ValueError(f"domain={self.domain} and domain_zone_id={self.domain_zone_id}: give both or neither")
        if (self.images.backend is None) != (self.images.frontend is None):
            raise ValueError(
                f"images.backend={self.images.backend} and images.frontend={self.images.frontend}: "
                "give both or neither, they are one release"
            )
        return self

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """Read the settings from the CDK's context.

        Args:
            context: what `app.node.get_all_context()` returns; the CDK's own keys are passed over.

        Raises:
            SettingsError: a key is unknown, or a value is not allowed.
        """
        ours = {key: value for key, value in context.items() if not _belongs_to_cdk(key)}
        ours = {**PROFILES.get(str(ours.get("profile")), {}), **ours}
        known = {name: field for name, field, _ in known_settings()}
        problems = [_unknown(key, value, known) for key, value in ours.items() if key not in known]
        if problems:
            raise SettingsError("\n".join(problems))
        nested: dict[str, Any] = {}
        for key, value in ours.items():
            section, _, name = key.rpartition(".")
            (nested.setdefault(section, {}) if section else nested)[name] = value
        try:
            return cls.model_validate(nested)
        except ValidationError as error:
            # a list can be wrong in several items, which is still one setting: dict.fromkeys drops the repetition
            problems = list(dict.fromkeys(_wrong(problem, ours, known) for problem in error.errors()))
            raise SettingsError("\n".join(problems)) from None


def known_settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield each setting's dotted name, description and default, in the order of definition."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Section):
            yield from known_settings(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description or "", field.default


def _belongs_to_cdk(key: str) -> bool:
    return ":" in key or key.startswith("@") or key in _CDK_KEYS


def _unknown(key: str, value: object, known: Mapping[str, str]) -> str:
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known settings: {', '.join(known)}"
    return f"setting {key}={value!r} is unknown; {hint}"


def _wrong(problem: Mapping[str, Any], given: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Say in one line which setting is wrong, what came and what is allowed."""
    parts = [str(part) for part in problem["loc"]]
    name = next((".".join(parts[:end]) for end in (2, 1) if ".".join(parts[:end]) in known), None)
    if name is None:  # a rule over several settings names them itself
        return f"settings: {problem['ctx']['error']}"
    return f"setting {name}={given[name]!r} is not allowed; give {known[name]}"
