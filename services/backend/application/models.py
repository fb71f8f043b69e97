"""The tables."""

from sqlalchemy import String
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.orm import Mapped, mapped_column

from application.database import db
from application.names import NAME_LENGTH

# Names are equal, and in order, by their code points: 'bob' is not 'Bob', 'Zoë' not 'Zoe', and a trailing space counts.
# SQLite compares so by itself; MariaDB does under this collation (its utf8mb4_bin would ignore trailing spaces).
_NAME = String(NAME_LENGTH).with_variant(
    VARCHAR(NAME_LENGTH, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
)


class Users(db.Model):  # type: ignore[name-defined, misc]  # made at run time, where mypy cannot follow
    """A user, known by name alone."""

    __tablename__ = "users"

    userName: Mapped[str] = mapped_column(_NAME, primary_key=True)  # noqa: N815 - the name is the API's contract
