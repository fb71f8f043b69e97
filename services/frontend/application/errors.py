"""Errors as pages that a person can read, and a backend that is away as 503 with Retry-After."""

from http import HTTPStatus

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from application.backend import RefusedError
from application.outage import UnavailableError

RETRY_AFTER = 5
"""Seconds after which a browser may try again while the backend is away."""


def init_app(app: Flask) -> None:
    """Answer errors of this application by pages."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(RefusedError, _answer_refused)
    app.register_error_handler(UnavailableError, _answer_unavailable)


def _answer(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _page(status, status.phrase, error.description or "")
    for name, value in error.get_headers():
        if name.lower() != "content-type":  # Allow and the like
            response.headers[name] = value
    return response


def _answer_refused(error: RefusedError) -> Response:
    """Answer what no form of ours sends; the add form shows its errors itself."""
    return _page(HTTPStatus(error.status), "This is not possible", str(error))


def _answer_unavailable(_: UnavailableError) -> Response:
    response = make_response(render_template("unavailable.html"), HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(status: HTTPStatus, heading: str, message: str) -> Response:
    return make_response(render_template("error.html", heading=heading, message=message), status)
