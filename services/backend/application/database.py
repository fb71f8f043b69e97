"""The database handle: Flask-SQLAlchemy, bound late."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import DeclarativeBase

from application.config import DatabaseSettings
from application.engine import make_engine

_EXTENSION = "application.database"


class Base(DeclarativeBase):
    """What the models have in common."""


class LateBoundSQLAlchemy(SQLAlchemy):
    """Flask-SQLAlchemy whose engine follows the application's configuration.

    Flask-SQLAlchemy makes its engines in `init_app` and never looks at the configuration again. Here the engine
    is made when it is first used, and made anew when the settings have changed since: a test script that sets
    `SQLALCHEMY_DATABASE_URI` on the module-level application works on that database and on no other.
    """

    _making = Lock()

    def init_app(self, app: Flask) -> None:
        """Register with the application. No engine is made, so nothing needs to be configured yet."""
        app.extensions["sqlalchemy"] = self
        app.teardown_appcontext(self._teardown_session)

    @property
    def settings(self) -> DatabaseSettings:
        """The current application's settings, as they are now.

        Raises:
            SettingError: they cannot work; an unset URI is never replaced by another.
        """
        return DatabaseSettings.from_config(current_app.config)

    @property
    def engines(self) -> Mapping[str | None, Engine]:
        """The engine of the current application's settings, under the one bind key there is: None.

        Raises:
            SettingError: the settings cannot work.
        """
        settings = self.settings
        bound = current_app.extensions.get(_EXTENSION)
        if bound is None or bound[0] != settings:
            bound = self._bind(settings)
        return {None: bound[1]}

    @contextmanager
    def migration_connection(self) -> Iterator[Connection]:
        """Connect for a change of the schema, which may take hours: no time-out on the server's answer."""
        patient = replace(self.settings, read_timeout=None)
        if patient == self.settings:
            with self.engine.connect() as connection:
                yield connection
            return
        engine = make_engine(patient)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _bind(self, settings: DatabaseSettings) -> tuple[DatabaseSettings, Engine]:
        with self._making:
            bound: tuple[DatabaseSettings, Engine] | None = current_app.extensions.get(_EXTENSION)
            if bound is not None and bound[0] == settings:  # another thread was first
                return bound
            fresh = settings, make_engine(settings)
            current_app.extensions[_EXTENSION] = fresh
        if bound is not None:
            bound[1].dispose()
        return fresh


db = LateBoundSQLAlchemy(model_class=Base)
