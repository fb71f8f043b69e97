"""Errors as pages that a person can read, and a backend that is away as 503 with Retry-After."""

from http import HTTPStatus

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from application.backend import BackendUnavailableError

RETRY_AFTER = 5
"""Seconds after which a browser may try again while the backend is away."""


def init_app(app: Flask) -> None:
    """Answer errors of this application by pages."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(BackendUnavailableError, _answer_unavailable)


def _answer(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _page(status, status.phrase, error.description or "")
    for name, value in error.get_headers():
        if name.lower() != "content-type":  # Allow and the like
            response.headers[name] = value
    return response


def _answer_unavailable(_: BackendUnavailableError) -> Response:
    response = _page(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The users cannot be shown right now",
        "The service behind this page does not answer. Nothing is lost; please try again in a moment.",
    )
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(status: HTTPStatus, heading: str, message: str) -> Response:
    return make_response(render_template("error.html", heading=heading, message=message), status)
