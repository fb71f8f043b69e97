"""Kubernetes' API over a node, as far as kubectl and the rollout gate speak it."""

import ssl
from collections.abc import Callable
from hmac import compare_digest
from http import HTTPStatus
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from types import TracebackType
from typing import Any, Self

import trustme
import yaml
from flask import Flask, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from rehearsal.node import Node, discovery, objects

_HOST = "127.0.0.1"
_NAME = "slipway"


def _nobody(_token: str) -> bool:
    return False


class Api:
    """The API of a node, over TLS, for whoever knows the token, or has one that `admits` takes.

    As a context manager it serves.

    Attributes:
        url: where it is.
        token: what a client signs in with, made for this API alone.
        authority: the certificate, in PEM, by which a client knows it.
    """

    def __init__(self, node: Node, *, admits: Callable[[str], bool] = _nobody) -> None:
        """Describe the API of `node`."""
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(_HOST).configure_cert(context)
        self.token = token_urlsafe()
        self.authority = authority.cert_pem.bytes().decode()
        self._server = make_server(
            *(_HOST, 0, _application(node, self.token, admits)),
            threaded=True,
            request_handler=_Silent,
            ssl_context=context,
        )
        self._thread = Thread(target=self._server.serve_forever, name="api", daemon=True)
        self.url = f"https://{_HOST}:{self._server.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def write_kubeconfig(self, path: Path) -> None:
        """Write what kubectl needs to know, for this user alone to read; the certificate goes beside it."""
        certificate = path.with_suffix(".crt").absolute()
        certificate.write_text(self.authority)
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _NAME, "cluster": {"server": self.url, "certificate-authority": str(certificate)}}],
            "users": [{"name": _NAME, "user": {"token": self.token}}],
            "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
            "current-context": _NAME,
        }
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(told))


def _application(node: Node, token: str, admits: Callable[[str], bool]) -> Flask:
    app = Flask(__name__)
    app.register_error_handler(HTTPException, _refused)
    app.register_blueprint(discovery.pages)
    app.register_blueprint(objects.of(node))

    @app.before_request
    def sign_in() -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not (compare_digest(given, token) or admits(given)):
            abort(HTTPStatus.UNAUTHORIZED, "the token is not this API's")

    return app


def _refused(error: HTTPException) -> tuple[dict[str, Any], int]:
    """Return an error as Kubernetes puts it."""
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    reason = "AlreadyExists" if code == HTTPStatus.CONFLICT else error.name.replace(" ", "")
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return {**status, "message": error.description}, code


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
        pass
