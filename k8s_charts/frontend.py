"""The frontend: the page that lists the users."""

from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network
from k8s_charts.backend import BackendChart
from k8s_charts.network import Network
from k8s_charts.web_service import WebService

PORT = 5000
METRICS_PORT = 5100


class FrontendChart(cdk8s.Chart):
    """The frontend's pods and Service.

    Attributes:
        address: `host:port` that the proxy passes requests to.
        edge: the frontend as its caller names it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: str,
        backend: BackendChart,
        surroundings: Network,
        caller: str,
        labels: Mapping[str, str],
    ) -> None:
        """Define the frontend, which asks `backend` and answers the pods called `caller`."""
        super().__init__(scope, id_, namespace=namespace, labels=dict(labels))
        service = WebService(
            self,
            "frontend",
            image=image,
            port=PORT,
            metrics_port=METRICS_PORT,
            startup_path="/",
            environment={"BACKEND_URL": kplus.EnvValue.from_value(backend.url)},
            surroundings=surroundings,
            pod_labels=labels,
            callers=[network.pods(caller, PORT)],
            calls=[backend.edge],
        )
        self.address = service.address
        self.edge = service.edge
