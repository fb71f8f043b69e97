"""The backend: the users API, the only service that talks to the database."""

from collections.abc import Mapping

import cdk8s
from constructs import Construct

from k8s_charts import network
from k8s_charts.database import Database
from k8s_charts.network import Network
from k8s_charts.web_service import WebService

PORT = 5001
METRICS_PORT = 5101


class BackendChart(cdk8s.Chart):
    """The backend's pods and Service.

    Attributes:
        url: where the frontend finds the API.
        edge: the backend as its caller names it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: str,
        database: Database,
        surroundings: Network,
        caller: str,
        labels: Mapping[str, str],
    ) -> None:
        """Define the backend, which signs in to `database` and answers the pods called `caller`."""
        super().__init__(scope, id_, namespace=namespace, labels=dict(labels))
        service = WebService(
            self,
            "backend",
            image=image,
            port=PORT,
            metrics_port=METRICS_PORT,
            startup_path="/backend?limit=1",
            environment=database.environment(self),
            surroundings=surroundings,
            pod_labels=labels,
            callers=[network.pods(caller, PORT)],
            calls=database.edges(surroundings),
        )
        self.url = f"http://{service.address}"
        self.edge = service.edge
