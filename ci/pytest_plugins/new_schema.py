"""A pytest plugin for `ci/previous-suite`: tables are made by another release's migrations.

Wherever the suite has the models make or drop their tables, the migrations in `SCHEMA_MIGRATIONS` do it instead.
"""

import os
from typing import Any

from alembic import command
from alembic.config import Config

from application.database import LateBoundSQLAlchemy


def pytest_configure() -> None:
    """Put the migrations in the models' place."""
    alembic = Config()
    alembic.set_main_option("script_location", os.environ["SCHEMA_MIGRATIONS"])

    def create_all(_database: LateBoundSQLAlchemy, **_: Any) -> None:
        command.upgrade(alembic, "head")

    def drop_all(_database: LateBoundSQLAlchemy, **_: Any) -> None:
        command.downgrade(alembic, "base")

    LateBoundSQLAlchemy.create_all = create_all  # type: ignore[method-assign, assignment]  # replacing it is the point
    LateBoundSQLAlchemy.drop_all = drop_all  # type: ignore[method-assign, assignment]  # replacing it is the point
