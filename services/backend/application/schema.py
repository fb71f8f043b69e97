"""The schema's revision, and the first users."""

from pathlib import Path

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import Migrate
from sqlalchemy import select

from application.database import db
from application.models import Users

MIGRATE = Migrate(db=db, directory=str(Path(__file__).resolve().parent.parent / "migrations"))
"""Flask-Migrate on this service's migrations, wherever a command is run."""

FIRST_USERS = ("Bob", "Jay", "Matt", "Ferg", "Mo")


def revisions() -> set[str]:
    """Read from the database the revisions that it is at: none when it is new, else one."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def scripts() -> ScriptDirectory:
    """Return the migrations that this release carries."""
    return ScriptDirectory.from_config(MIGRATE.get_config())


def is_known(revision: str) -> bool:
    """Whether this release has the migration that made a revision. If not, a newer release has been here."""
    return any(script.revision == revision for script in scripts().walk_revisions())


def upgrade_schema() -> None:
    """Apply the migrations that the database lacks, in their order."""
    command.upgrade(MIGRATE.get_config(), "head")


def add_first_users() -> list[str]:
    """Add those of the first users that are missing, and return their names."""
    present = set(db.session.scalars(select(Users.userName).where(Users.userName.in_(FIRST_USERS))))
    missing = [name for name in FIRST_USERS if name not in present]
    db.session.add_all(Users(userName=name) for name in missing)
    db.session.commit()
    return missing


def has_users() -> bool:
    """Whether there is any user."""
    return db.session.scalar(select(Users.userName).limit(1)) is not None
