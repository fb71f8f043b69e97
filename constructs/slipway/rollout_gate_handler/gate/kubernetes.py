"""As much of Kubernetes' API as the gate reads, signed in with the function's own role."""

import base64
import json
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner

_TIMEOUT = 10  # seconds for one answer
_LIFETIME = 60  # seconds that a token is good for; one is made for each request


class ClusterError(RuntimeError):
    """The cluster gives no answer, or none that helps. The message is one line."""


class Kubernetes:
    """The API of one namespace, read only."""

    def __init__(self, endpoint: str, namespace: str, authority: str | None, token: Callable[[], str]) -> None:
        """Describe how to reach it.

        Args:
            endpoint: URL of the API.
            namespace: where everything is looked for.
            authority: certificate of the cluster's authority, in Base64; None for an endpoint without TLS.
            token: makes the token of each request.
        """
        self._root, self._namespace, self._token = endpoint, namespace, token
        self._trust = None
        if authority:
            self._trust = ssl.create_default_context(cadata=base64.b64decode(authority).decode())
            # Python 3.13 began to ask for extensions that the authorities of some clusters of EKS lack.
            self._trust.verify_flags &= ~ssl.VERIFY_X509_STRICT

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Kubernetes":
        """Return the cluster that the custom resource's properties name."""
        cluster = properties["Cluster"]
        return cls(properties["Endpoint"], properties["Namespace"], properties["Authority"], lambda: eks_token(cluster))

    def get(self, group: str, kind: str, name: str) -> dict[str, Any]:
        """Return an object of API group `group` in its version v1; `kind` is the plural in lower case.

        Raises:
            ClusterError: there is none, or no answer.
        """
        return self._ask(f"/apis/{group}/v1/namespaces/{self._namespace}/{kind}/{name}")

    def pods(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the pods that carry all of `labels`.

        Raises:
            ClusterError: there is no answer.
        """
        selector = quote(",".join(f"{key}={value}" for key, value in labels.items()))
        items: list[dict[str, Any]] = self._ask(f"/api/v1/namespaces/{self._namespace}/pods?labelSelector={selector}")[
            "items"
        ]
        return items

    def _ask(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the stack sets the endpoint
            self._root + path, headers={"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._trust) as got:  # noqa: S310 - as above
                answer: dict[str, Any] = json.load(got)
        except (OSError, HTTPException, ValueError) as error:  # a URLError is an OSError, a reset connection too
            raise ClusterError(f"the cluster does not answer {path}: {error}") from error
        return answer


def eks_token(cluster: str) -> str:
    """Make a token that EKS takes for this function's role: a signed question to STS, which EKS asks in its stead.

    Raises:
        ClusterError: there are no credentials.
    """
    session = boto3.Session()
    region, credentials = session.region_name, session.get_credentials()
    if credentials is None:
        raise ClusterError("there are no credentials to sign in to the cluster with")
    signer = RequestSigner(ServiceId("sts"), region, "sts", "v4", credentials, session.events)
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": cluster},
            "context": {},
        },
        region_name=region,
        expires_in=_LIFETIME,
        operation_name="",
    )
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
