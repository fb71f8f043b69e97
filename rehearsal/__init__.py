"""The whole system on one machine: `make up`.

It runs what production runs: the application's code, NGINX with the configuration from the chart's template, and
pods as the synthesised manifests describe them, one process each. It imports everything; nothing imports it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

STATE = Path(".slipway")
"""Everything that a running system leaves, relative to the repository (a socket's path must be short)."""

MANIFESTS = Path("dist/manifests")
"""Where the manifests are synthesised to, and read from."""


class RehearsalError(Exception):
    """What went wrong and what to do about it, in one line for the person who typed the command."""
