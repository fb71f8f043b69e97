"""The database handle: Flask-SQLAlchemy, bound late."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import DeclarativeBase

from application.config import DatabaseSettings
from application.engine import make_engine, make_serving_engine

_EXTENSION = "application.database"


class Base(DeclarativeBase):
    """What the models have in common."""


class _Bound(NamedTuple):
    """The engines of one application, and the settings that they were made from."""

    settings: DatabaseSettings
    engine: Engine
    serving: Engine

    def dispose(self) -> None:
        self.engine.dispose()
        self.serving.dispose()


class LateBoundSQLAlchemy(SQLAlchemy):
    """Flask-SQLAlchemy whose engines follow the application's configuration.

    Flask-SQLAlchemy makes its engines in `init_app` and never looks at the configuration again. Here they are
    made when they are first used, and made anew when the settings have changed since: a test script that sets
    `SQLALCHEMY_DATABASE_URI` on the module-level application works on that database and on no other.

    There are two on the same database. `engine`, and with it `session`, has transactions and time: for commands,
    migrations and test scripts. `serving_engine` is for requests. Neither connects before it is used.
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
        return {None: self._bound.engine}

    @property
    def serving_engine(self) -> Engine:
        """The engine for requests: each statement commits by itself, and is waited for briefly.

        Raises:
            SettingError: the settings cannot work.
        """
        return self._bound.serving

    @property
    def has_session(self) -> bool:
        """Whether this context has made use of `session`, as test scripts do. No request of its own does."""
        return self.session.registry.has()

    @contextmanager
    def migration_connection(self) -> Iterator[Connection]:
        """Connect for a change of the schema, which may take hours: no time-out on the server's answer."""
        if self.settings.is_sqlite:  # has no server, and in memory no second connection
            with self.engine.connect() as connection:
                yield connection
            return
        engine = make_engine(self.settings, patient=True)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    @property
    def _bound(self) -> _Bound:
        settings = self.settings
        bound: _Bound | None = current_app.extensions.get(_EXTENSION)
        return bound if bound is not None and bound.settings == settings else self._bind(settings)

    def _bind(self, settings: DatabaseSettings) -> _Bound:
        with self._making:
            bound: _Bound | None = current_app.extensions.get(_EXTENSION)
            if bound is not None and bound.settings == settings:  # another thread was first
                return bound
            engine = make_engine(settings)
            fresh = _Bound(settings, engine, make_serving_engine(settings, engine))
            current_app.extensions[_EXTENSION] = fresh
        if bound is not None:
            bound.dispose()
        return fresh


db = LateBoundSQLAlchemy(model_class=Base)
