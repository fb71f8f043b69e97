"""The backend: the users API, the only service that talks to the database."""

from collections.abc import Mapping

import cdk8s
from constructs import Construct

from k8s_charts.database import Database
from k8s_charts.web_service import WebService

PORT = 5001
METRICS_PORT = 5101


class BackendChart(cdk8s.Chart):
    """The backend's pods and Service.

    Attributes:
        url: where the frontend finds the API.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        namespace: str,
        image: str,
        database: Database,
        labels: Mapping[str, str],
    ) -> None:
        """Define the backend, which signs in to `database`."""
        super().__init__(scope, id_, namespace=namespace, labels=dict(labels))
        service = WebService(
            self,
            "backend",
            image=image,
            port=PORT,
            metrics_port=METRICS_PORT,
            startup_path="/backend?limit=1",
            environment=database.environment(self),
        )
        self.url = f"http://{service.address}"
