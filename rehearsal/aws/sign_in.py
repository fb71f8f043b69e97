"""Who may speak to the cluster: EKS asks STS whose token it is, then looks for an access entry of that role."""

import base64
import re
from binascii import Error
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import urllib3

from rehearsal.aws.client import connect

_BEGINNING = "k8s-aws-v1."
"""Of every token of EKS."""

_ROLE = re.compile(r"<Arn>arn:aws:sts::(\d{12}):assumed-role/([^/<]+)/")


class EksSignIn:
    """Judges tokens as EKS does, by what the emulator knows. Namespaces and verbs are not judged.

    Args:
        cluster: the cluster's name in EKS.
        environment: what a client of the emulator finds in its environment.
    """

    def __init__(self, cluster: str, environment: Mapping[str, str]) -> None:
        self._cluster = cluster
        self._url = environment["AWS_ENDPOINT_URL"]
        self._eks = connect(environment)("eks")

    def admits(self, token: str) -> bool:
        """Whether the token is of a role that the cluster has an access entry for."""
        role = self._role(token)
        return role is not None and role in self._admitted()

    def _role(self, token: str) -> str | None:
        """Return the ARN of the role that signed the question which the token is; None if none did."""
        if not token.startswith(_BEGINNING):
            return None
        encoded = token.removeprefix(_BEGINNING)
        try:
            question = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (Error, UnicodeDecodeError):
            return None
        answer = urllib3.request("GET", f"{self._url}/?{urlsplit(question).query}", retries=False)
        found = _ROLE.search(answer.data.decode())
        if answer.status != HTTPStatus.OK or found is None:
            return None
        return f"arn:aws:iam::{found[1]}:role/{found[2]}"

    def _admitted(self) -> set[str]:
        try:
            return set(self._eks.list_access_entries(clusterName=self._cluster)["accessEntries"])
        except self._eks.exceptions.ResourceNotFoundException:  # no such cluster
            return set()
