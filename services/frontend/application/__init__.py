"""The page: a Flask application that shows the users which the backend's API returns.

The module-level `app` is its contract with servers and test scripts. Importing this package opens no connection.
"""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from application import access_log, assets, backend, config, draining, errors, headers, health, origin, routes

__all__ = ["app", "create_app"]


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Make the application.

    Args:
        settings: configuration that wins over the environment's (see `application.config`), by Flask's names.

    Returns:
        The application, with its routes. The backend's address is checked when it is first asked;
        `python -m application` checks it before it serves.
    """
    app = Flask(__name__)
    app.config.update(config.from_environment(os.environ))
    app.config.update(settings or {})
    app.jinja_env.trim_blocks = True  # a page is small: no lines that held nothing but a tag
    for part in (access_log, assets, backend, draining, errors, headers, health, origin, routes):
        part.init_app(app)
    return app


app = create_app()
