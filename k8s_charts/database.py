"""Where the users are kept, as the backend and its migration are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network
from k8s_charts.arguments import ChartError
from k8s_charts.network import Edge, Network

PORT = 3306


@dataclass(frozen=True, kw_only=True)
class Database:
    """The database that the backend signs in to.

    Exactly one of `uri` and `uri_secret` is given.

    Attributes:
        uri: SQLAlchemy URL without a password, for `auth="iam"`.
        uri_secret: name of a Secret in the application's namespace whose key `DATABASE_URI` holds the URL with its
            password, for clusters whose database knows no IAM login.
        auth: how the backend signs in: with the URL's password, or with a short-lived IAM token.
        region: the region that IAM tokens are signed for.
        admin_secret: what the migration, and nothing else, may read to sign in as the database's master.
    """

    uri: str | None = None
    uri_secret: str | None = None
    auth: Literal["password", "iam"] = "password"
    region: str | None = None
    admin_secret: str | None = None

    def __post_init__(self) -> None:
        """Refuse a database that no pod could sign in to.

        Raises:
            ChartError: neither or both of `uri` and `uri_secret` are given, or IAM lacks its region.
        """
        if (self.uri is None) == (self.uri_secret is None):
            raise ChartError("database: give either uri or uri_secret (the name of a Secret), not both or neither")
        if self.auth == "iam" and self.region is None:
            raise ChartError('database: auth="iam" needs region, the region that login tokens are signed for')

    def environment(self, scope: Construct) -> Mapping[str, kplus.EnvValue]:
        """Return the settings with which the backend's pods sign in; `scope` is the chart that they live in."""
        values = {"DATABASE_AUTH": kplus.EnvValue.from_value(self.auth)}
        if self.uri is not None:
            values["DATABASE_URI"] = kplus.EnvValue.from_value(self.uri)
        elif self.uri_secret is not None:
            secret = kplus.Secret.from_secret_name(scope, "database-uri", self.uri_secret)
            values["DATABASE_URI"] = kplus.EnvValue.from_secret_value(
                kplus.SecretValue(secret=secret, key="DATABASE_URI")
            )
        if self.region is not None:
            values["AWS_REGION"] = kplus.EnvValue.from_value(self.region)
        return values

    def edges(self, surroundings: Network) -> list[Edge]:
        """Return whom the backend's pods connect to for it."""
        server = network.addresses(surroundings.databases, PORT)
        return [server, network.pod_identity()] if self.auth == "iam" else [server]

    def admin_edges(self, surroundings: Network) -> list[Edge]:
        """Return whom the migration connects to."""
        secret = [network.pod_identity(), network.aws_apis()] if self.admin_secret is not None else []
        return [network.addresses(surroundings.databases, PORT), *secret]

    def admin_environment(self, scope: Construct) -> Mapping[str, kplus.EnvValue]:
        """Return the settings of `environment`, and what the migration needs beyond them."""
        values = dict(self.environment(scope))
        if self.admin_secret is not None:
            values["DATABASE_ADMIN_SECRET"] = kplus.EnvValue.from_value(self.admin_secret)
        return values
