"""How Alembic runs the migrations: on a patient connection of the application's own database handle."""

from alembic import context

from application import db


def _run() -> None:
    with db.migration_connection() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
        )
        with context.begin_transaction():
            context.run_migrations()


def _print() -> None:
    context.configure(dialect_name=db.engine.dialect.name, target_metadata=db.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _print()
else:
    _run()
