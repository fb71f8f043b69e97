"""The application: its charts, wired to each other."""

from dataclasses import dataclass
from itertools import pairwise

import cdk8s

from k8s_charts import proxy
from k8s_charts.backend import BackendChart
from k8s_charts.database import Database
from k8s_charts.frontend import FrontendChart
from k8s_charts.migration import MigrationChart
from k8s_charts.namespace import NamespaceChart
from k8s_charts.proxy import ProxyChart


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images of one release; `proxy` is the official NGINX image by default."""

    backend: str
    frontend: str
    proxy: str = proxy.IMAGE


class Application:
    """The charts of one release.

    Each service's address goes from its chart to the one that calls it, so no name is written twice.

    Attributes:
        namespace: chart of the namespace.
        migration: chart of the Job that prepares the database.
        backend: chart of the users API.
        frontend: chart of the page.
        proxy: chart of NGINX.
        charts: all of them, in the order in which they are applied.
    """

    def __init__(
        self,
        scope: cdk8s.App,
        *,
        images: Images,
        database: Database,
        resolver: str,
        release: str,
        namespace: str,
    ) -> None:
        """Define the charts.

        Args:
            scope: the cdk8s app; nothing else may hold charts.
            images: what the pods run.
            database: where the users are kept.
            resolver: address of the cluster's DNS service, which NGINX asks for the frontend's pods.
            release: what this release is called: the Git commit or a hash; part of the Job's name and a label of
                every object.
            namespace: where everything lives.
        """
        labels = {"app.kubernetes.io/part-of": namespace, "app.kubernetes.io/version": release}
        self.namespace = NamespaceChart(scope, "namespace", name=namespace, labels=labels)
        self.migration = MigrationChart(
            scope,
            "migration",
            namespace=namespace,
            image=images.backend,
            database=database,
            release=release,
            labels=labels,
        )
        self.backend = BackendChart(
            scope, "backend", namespace=namespace, image=images.backend, database=database, labels=labels
        )
        self.frontend = FrontendChart(
            scope,
            "frontend",
            namespace=namespace,
            image=images.frontend,
            backend_url=self.backend.url,
            labels=labels,
        )
        self.proxy = ProxyChart(
            scope,
            "proxy",
            namespace=namespace,
            image=images.proxy,
            upstream=self.frontend.address,
            resolver=resolver,
            labels=labels,
        )
        self.charts: tuple[cdk8s.Chart, ...] = (
            self.namespace,
            self.migration,
            self.backend,
            self.frontend,
            self.proxy,
        )
        for earlier, later in pairwise(self.charts):
            later.add_dependency(earlier)
