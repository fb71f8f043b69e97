"""Health, for whoever starts and routes: about this process, never about the database."""

from flask import Flask, Response, current_app, jsonify

from application.database import db


def init_app(app: Flask) -> None:
    """Add `/healthz` and `/readyz`."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def healthz() -> Response:
    """Answer that the process turns, and which release it is."""
    return jsonify(status="ok", release=current_app.config["RELEASE"])


def readyz() -> Response:
    """Answer that requests may come: the settings make an engine.

    The database is not asked. If it goes away, all replicas would leave the load balancer at once, and users
    would get a bare gateway error in place of our own.
    """
    _ = db.engine
    return jsonify(status="ready")
