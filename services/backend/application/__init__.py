"""The users API: a Flask application over one table, `users`.

The module-level `app` and `db` are its contract with servers, commands and test scripts. Importing this package
opens no connection and needs no setting: the engine is made from the configuration when it is first used.
"""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from application import access_log, cli, config, draining, errors, health, origin, routes, statements
from application.database import db

__all__ = ["app", "create_app", "db"]


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Make the application.

    Args:
        settings: configuration that wins over the environment's (see `application.config`), by Flask's names.

    Returns:
        The application, with its routes and commands. Nothing has been checked or connected yet:
        `python -m application` checks before it serves, a command when it first needs the database.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(config.from_environment(os.environ))
    app.config.update(settings or {})
    db.init_app(app)
    for part in (access_log, cli, draining, errors, health, origin, routes, statements):
        part.init_app(app)
    return app


app = create_app()
