"""The backlog of this project as data, and what brings it to Jira."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


class BoardError(Exception):
    """Something is wrong with the backlog or in Jira; the message says what, where, and what to do."""
