"""Health, for whoever starts and routes: about this process, never about the backend."""

from flask import Flask, Response, current_app, jsonify

from application.config import backend_url


def init_app(app: Flask) -> None:
    """Add `/healthz` and `/readyz`."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def healthz() -> Response:
    """Answer that the process turns, and which release it is."""
    return jsonify(status="ok", release=current_app.config["RELEASE"])


def readyz() -> Response:
    """Answer that requests may come: the backend's address can work.

    The backend is not asked. If it goes away, all replicas would leave the load balancer at once, and users
    would get a bare gateway error in place of our page.
    """
    backend_url(current_app.config)
    return jsonify(status="ready")
