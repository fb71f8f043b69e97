"""The application's group of commands, `flask --app application …`, filled when it is first asked for one."""

import click
from flask import Flask
from flask.cli import AppGroup


def init_app(app: Flask) -> None:
    """Give the application its commands (`application.commands`)."""
    app.cli = LateCommands(app)


class LateCommands(AppGroup):
    """A group that imports its commands when somebody asks for them.

    Alembic, which the commands stand on, is a third of what the package would import: a process that serves
    starts without it.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app.name)
        self._app = app

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, for `--help`."""
        self._fill()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name."""
        self._fill()
        return super().get_command(ctx, cmd_name)

    def _fill(self) -> None:
        from application import commands

        if not self.commands:
            commands.add_to(self._app)
