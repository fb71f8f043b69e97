"""Every error as problem details (RFC 9457), and a database that is away as 503 with Retry-After."""

from http import HTTPStatus

from flask import Flask, Response, current_app, json
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from application.iam import LoginError
from application.outage import Outage

RETRY_AFTER = 5
"""Seconds after which a client may try again while the database is away."""

_EXTENSION = "application.outage"


def init_app(app: Flask) -> None:
    """Answer errors of this application by problem details."""
    app.extensions[_EXTENSION] = Outage("the database", app.logger)
    app.register_error_handler(HTTPException, _answer)
    for error in (OperationalError, InterfaceError, PoolTimeoutError, LoginError):
        app.register_error_handler(error, _answer_unavailable)


def database_answered() -> None:
    """Note that the database does its work; a view calls this once it has what it asked for."""
    _outage().ended()


def reason_of(error: Exception) -> str:
    """Say in one line what a database said, without the statement and the link that SQLAlchemy adds."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = cause.args[1] if len(cause.args) > 1 else cause
    return " ".join(str(text).split())


def problem(status: int, detail: str) -> Response:
    """Make a response that says what went wrong, for programs and people."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(json.dumps(content), status, mimetype="application/problem+json")


def _answer(error: HTTPException) -> Response:
    response = problem(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description or "")
    for name, value in error.get_headers():
        if name.lower() != "content-type":  # Allow and the like; the HTML of Werkzeug's own page is left behind
            response.headers[name] = value
    return response


def _answer_unavailable(error: Exception) -> Response:
    _outage().began(reason_of(error))
    response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer. Please try again in a moment.")
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _outage() -> Outage:
    outage: Outage = current_app.extensions[_EXTENSION]
    return outage
