"""Answers GitHub's webhook: checks that the call is GitHub's, then asks Jenkins to look for changes.

Runs in AWS Lambda behind an HTTP API. Asking Jenkins twice is harmless, and so is a replayed call: Jenkins compares
what it has built with what the repository holds, and takes nothing from the call itself.
"""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
from functools import lru_cache
from http.client import HTTPException
from typing import Any

import boto3

MAXIMUM_BODY = 1024 * 1024
"""Bytes of the largest body that is looked at; GitHub's pushes are far smaller."""

EVENTS = frozenset({"create", "delete", "pull_request", "push"})
"""Events after which the repository's branches may have changed."""

_SECRET_LIFETIME = 300  # seconds after which a changed secret is noticed
_JENKINS_TIMEOUT = 5  # seconds; GitHub gives up after 10

Response = dict[str, Any]


def handle(event: dict[str, Any], _context: object) -> Response:
    """Answer one call.

    Settings come from the environment: `SECRET_ARN`, the secret that GitHub signs with; `REPOSITORY`, the URL of the
    one repository that may call; `TRIGGER_URL`, what to GET at Jenkins.

    Returns:
        200 for a ping, 202 when Jenkins was asked or nothing needs doing, 400 or 403 for a call about something else,
        401 for one that is not signed with the secret, 413 for a body that is too large, 503 when Jenkins does not
        answer, so that the delivery shows as failed in GitHub.
    """
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = event.get("headers") or {}  # HTTP APIs send them in lower case
    if len(content) > MAXIMUM_BODY:
        return _answer(413, "the body is too large")
    if not is_signed(content, headers.get("x-hub-signature-256", ""), _secret(_period())):
        return _answer(401, "the signature is missing or wrong")
    kind = headers.get("x-github-event", "")
    if kind == "ping":
        return _answer(200, "pong")
    if kind not in EVENTS:
        return _answer(202, f"nothing to do for event {kind!r}")
    try:
        url = json.loads(content)["repository"]["clone_url"]
    except (ValueError, TypeError, KeyError):
        return _answer(400, "the body is not a JSON object with repository.clone_url")
    if not _is_same(url, os.environ["REPOSITORY"]):
        return _answer(403, "the call is about another repository")
    try:
        with urllib.request.urlopen(os.environ["TRIGGER_URL"], timeout=_JENKINS_TIMEOUT):  # noqa: S310 - the stack sets it
            return _answer(202, "Jenkins looks for changes")
    except (OSError, HTTPException) as error:  # refused, cut off or silent, an error's status, no HTTP at all
        return _answer(503, f"Jenkins does not answer: {error}")


def is_signed(content: bytes, signature: str, secret: str) -> bool:
    """Tell, in constant time, whether `signature` is GitHub's `sha256=…` for `content` under `secret`."""
    expected = "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _is_same(url: object, repository: str) -> bool:
    """Tell whether GitHub's `url` is the repository, which may be written with `.git` or without, and in any case."""
    return str(url).lower().removesuffix(".git") == repository.lower().removesuffix(".git")


def _period() -> int:
    return int(time.monotonic() // _SECRET_LIFETIME)


@lru_cache(maxsize=1)
def _secret(_period: int) -> str:
    """Return the secret, asked for once a period."""
    client = boto3.client("secretsmanager")
    return client.get_secret_value(SecretId=os.environ["SECRET_ARN"])["SecretString"]


def _answer(status: int, message: str) -> Response:
    print(json.dumps({"status": status, "message": message}))  # noqa: T201 - Lambda's log
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"message": message}),
    }
