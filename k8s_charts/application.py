"""The application: its charts, wired to each other."""

from dataclasses import dataclass
from itertools import pairwise

import cdk8s

from k8s_charts import nginx
from k8s_charts.arguments import check_name, check_release
from k8s_charts.backend import BackendChart
from k8s_charts.database import Database
from k8s_charts.frontend import FrontendChart
from k8s_charts.migration import MigrationChart
from k8s_charts.namespace import NamespaceChart
from k8s_charts.network import Network
from k8s_charts.proxy import ProxyChart

_BACKEND, _FRONTEND, _PROXY = "backend", "frontend", "proxy"


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images of one release; `proxy` is the official NGINX image by default."""

    backend: str
    frontend: str
    proxy: str = nginx.IMAGE


class Application:
    """The charts of one release.

    Each chart is given the one that it calls, and the name of the one that calls it, so no name is written twice.

    Attributes:
        namespace: chart of the namespace.
        migration: chart of the Job that prepares the database.
        backend: chart of the users API.
        frontend: chart of the page.
        proxy: chart of NGINX.
        labels: what every object is labelled with, the release among it.
        charts: all of them, in the order in which they are applied.
    """

    def __init__(
        self,
        scope: cdk8s.App,
        *,
        images: Images,
        database: Database,
        network: Network,
        release: str,
        namespace: str,
    ) -> None:
        """Define the charts.

        Args:
            scope: the cdk8s app; nothing else may hold charts.
            images: what the pods run.
            database: where the users are kept.
            network: what it is in.
            release: what this release is called: the Git commit or a hash; part of the Job's name and a label of
                every object.
            namespace: where everything lives.

        Raises:
            ChartError: an argument cannot work; nothing has been written then.
        """
        check_name("namespace", namespace)
        check_release(release)
        labels = {"app.kubernetes.io/part-of": namespace, "app.kubernetes.io/version": release}
        self.labels = labels
        self.namespace = NamespaceChart(scope, "namespace", name=namespace, labels=labels)
        self.migration = MigrationChart(
            scope,
            "migration",
            namespace=namespace,
            image=images.backend,
            database=database,
            surroundings=network,
            release=release,
            labels=labels,
        )
        self.backend = BackendChart(
            scope,
            _BACKEND,
            namespace=namespace,
            image=images.backend,
            database=database,
            surroundings=network,
            caller=_FRONTEND,
            labels=labels,
        )
        self.frontend = FrontendChart(
            scope,
            _FRONTEND,
            namespace=namespace,
            image=images.frontend,
            backend=self.backend,
            surroundings=network,
            caller=_PROXY,
            labels=labels,
        )
        self.proxy = ProxyChart(
            scope,
            _PROXY,
            namespace=namespace,
            image=images.proxy,
            upstream=self.frontend,
            surroundings=network,
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
