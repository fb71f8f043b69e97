"""Every error as problem details (RFC 9457), and a database that is away as 503 with Retry-After."""

from http import HTTPStatus

from flask import Flask, Response, current_app, json
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from application.outage import UnavailableError
from application.statements import reason_of

RETRY_AFTER = 1
"""Seconds after which a client may try again; the database's return is noticed sooner than that."""


def init_app(app: Flask) -> None:
    """Answer errors of this application by problem details."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(UnavailableError, _answer_unavailable)
    for error in (OperationalError, InterfaceError):
        app.register_error_handler(error, _answer_refused)


def problem(status: int, detail: str) -> Response:
    """Make a response that says what went wrong, for programs and people."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(json.dumps(content), status, mimetype="application/problem+json")


def unavailable(detail: str) -> Response:
    """Make a response that says why there is no answer now, and when to ask again."""
    response = problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _answer(error: HTTPException) -> Response:
    response = problem(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description or "")
    for name, value in error.get_headers():
        if name.lower() != "content-type":  # Allow and the like; the HTML of Werkzeug's own page is left behind
            response.headers[name] = value
    return response


def _answer_unavailable(_error: Exception) -> Response:
    return unavailable("The database does not answer. Please try again in a moment.")


def _answer_refused(error: DBAPIError) -> Response:
    """Answer while the database is there but does not do its work: it is locked, say, or may only be read just now."""
    current_app.logger.error("the database refused a statement: %s", reason_of(error))
    return _answer_unavailable(error)
