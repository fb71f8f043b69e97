"""The whole deployment on one machine: `make up`.

It deploys what production deploys: the stacks of app.py, by the CDK, to an AWS that is emulated here; and what
CloudFormation delivers to the cluster runs, the application's code behind NGINX. It imports everything; nothing imports
it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

STATE = Path(".slipway")
"""Everything that a running system leaves, relative to the repository."""


class RehearsalError(Exception):
    """What went wrong and what to do about it, in one line for the person who typed the command."""
