"""Refusal of unsafe requests that a page of another origin makes in a visitor's browser."""

from http import HTTPStatus

from flask import Flask, abort, request

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    """Refuse unsafe requests from another origin with 403."""
    app.before_request(_refuse_another_origin)


def _refuse_another_origin() -> None:
    if request.method not in _SAFE_METHODS and not _is_ours():
        abort(HTTPStatus.FORBIDDEN, "The request comes from a page of another site, which may change nothing here.")


def _is_ours() -> bool:
    """Whether the browser says that our own page, or the visitor himself, makes the request.

    Older browsers send Origin alone. Only its host and port are compared, for the scheme ends at the load balancer;
    the opaque origin `null` has none. What sends neither header is no browser, and no other site can be behind it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    _, _, authority = origin.partition("://")
    return bool(authority) and authority.lower() == request.headers.get("Host", "").lower()
