"""A node's API from another process, as far as one looks at it."""

from pathlib import Path
from typing import Any

import urllib3

from rehearsal import RehearsalError, kubeconfig

_TIMEOUT = 10.0


class Client:
    """The API that a kubeconfig names, in one namespace, to look at."""

    def __init__(self, config: Path, namespace: str) -> None:
        """Read how to reach it."""
        self._config = kubeconfig.read(config)
        self._root = f"{self._config.server}/api/v1/namespaces/{namespace}/pods"
        self._http = urllib3.PoolManager(ca_cert_data=self._config.authority, retries=False, timeout=_TIMEOUT)

    def pods(self) -> list[dict[str, Any]]:
        """Return all pods."""
        return list(self._ask("").json()["items"])

    def log(self, pod: str) -> str:
        """Return all that a pod has said."""
        return self._ask(f"/{pod}/log").data.decode()

    def _ask(self, path: str) -> urllib3.BaseHTTPResponse:
        try:
            answer = self._http.request(
                "GET", self._root + path, headers={"Authorization": f"Bearer {self._config.token}"}
            )
        except urllib3.exceptions.HTTPError as error:
            raise RehearsalError(f"the cluster's API does not answer ({error}); start anew: make down up") from None
        if answer.status >= 400:
            raise RehearsalError(f"the cluster's API refuses to say more: {answer.json()['message']}")
        return answer
