"""Make the table of users, whose names are compared and sorted by code points on every database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make `users`. The service's first release; nothing to expand or contract."""
    name = sa.String(50).with_variant(VARCHAR(50, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb")
    op.create_table(
        "users",
        sa.Column("userName", name, nullable=False),
        sa.PrimaryKeyConstraint("userName"),
    )


def downgrade() -> None:
    """Drop `users`, with every user in it."""
    op.drop_table("users")
