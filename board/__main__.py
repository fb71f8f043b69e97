"""The command line behind `make board`: `python -m board --apply --prune`.

Without `--apply` nothing is written. Jira is named by JIRA_URL (https://NAME.atlassian.net), JIRA_EMAIL and JIRA_TOKEN.
"""

import argparse
import os
import sys
from collections import Counter
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from board import BoardError
from board.backlog import FOLDER, Backlog, Epic, Story
from board.changes import Change, Verb, changes
from board.jira import Jira

_SIGNS: dict[Verb, str] = {"create": "+", "update": "~", "delete": "-"}
_ACCOUNT = (
    ("JIRA_URL", "the address of the site, such as https://example.atlassian.net"),
    ("JIRA_EMAIL", "the e-mail address of an account there"),
    ("JIRA_TOKEN", "an API token of that account"),
)


def main(arguments: list[str]) -> int:
    """Compare the backlog with Jira and, where it is asked for, write it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m board", description="The backlog, in Jira.")
    parser.add_argument("--apply", action="store_true", help="write it; otherwise only say what would be written")
    parser.add_argument("--prune", action="store_true", help="delete the issues that the backlog has no more")
    given = parser.parse_args(arguments)
    try:
        _run(apply=given.apply, prune=given.prune)
    except BoardError as error:
        sys.stderr.write(f"board: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("board: interrupted; run it again: nothing is made twice\n")
        return 130
    return 0


def _run(*, apply: bool, prune: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    backlog = Backlog.load(FOLDER)
    stories = sum(len(epic.stories) for epic in backlog.epics)
    console.print(f"The backlog: {len(backlog.epics)} epics, {stories} stories.")
    if not apply and not any(os.environ.get(name) for name, _ in _ACCOUNT):
        console.print(f"It is sound. To compare it with Jira, set {', '.join(name for name, _ in _ACCOUNT)}.")
        return
    jira = _jira(backlog.project.key)
    with _bar(console) as bar:
        bar.add_task("Jira is read", total=None)
        types = {kind.__name__: jira.issue_type(kind.__name__) for kind in (Epic, Story)}
        issues = jira.issues()
    needed = changes(backlog, issues, types)
    to_do = [change for change in needed if prune or change.verb != "delete"]
    if apply:
        _write(jira, to_do, {issue.id: issue.key for issue in issues}, console)
    else:
        for change in to_do:
            _tell(change, change.key, console)
    console.print(_sum(to_do, left=len(needed) - len(to_do), applied=apply))


def _jira(project: str) -> Jira:
    """Return the project in the Jira that the environment names."""
    missing = [f"{name} is not set; it is {meaning}" for name, meaning in _ACCOUNT if not os.environ.get(name)]
    if missing:
        raise BoardError("\n".join(missing))
    url = urlsplit(os.environ["JIRA_URL"])
    if not (url.scheme == "https" or url.hostname == "127.0.0.1") or not url.hostname or url.username:
        raise BoardError("JIRA_URL: allowed is https://… without an account in it, since the token is sent there")
    return Jira(url.geturl().rstrip("/"), os.environ["JIRA_EMAIL"], os.environ["JIRA_TOKEN"], project)


def _write(jira: Jira, to_do: list[Change], keys: dict[str, str], console: Console) -> None:
    """Make the changes one by one, so that wherever it is interrupted the rest is what is left."""
    with _bar(console) as bar:
        task = bar.add_task("Jira is written", total=len(to_do))
        for change in to_do:
            parent = {"parent": {"key": keys[change.parent]}} if change.parent else {}
            match change.verb:
                case "create":
                    keys[change.id] = jira.create(change.id, change.fields | parent)
                case "update":
                    jira.update(change.key, change.fields | parent)
                case "delete":
                    jira.delete(change.key)
            _tell(change, keys[change.id], console)
            bar.advance(task)


def _bar(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _tell(change: Change, key: str, console: Console) -> None:
    written = [*change.fields, *(["parent"] if change.parent else [])]
    what = ", ".join(written) if change.verb == "update" else change.title
    console.print(f"  {_SIGNS[change.verb]} {change.kind:<5}  {key:<9} {change.id}: {what}", markup=False)


def _sum(changed: list[Change], *, left: int, applied: bool) -> str:
    """Say in a line what was done, or what would be."""
    counted = Counter(change.verb for change in changed)
    parts = [f"{counted[verb]} to {verb}" for verb in _SIGNS if counted[verb]]
    parts = [part.replace(" to ", " ") + "d" for part in parts] if applied else parts
    told = ", ".join(parts) or "Jira says what the backlog says"
    if left:
        told += f"; {left} in Jira that the backlog has no more: PRUNE=1 deletes them"
    return f"{told}." if applied or not changed else f"{told}. Nothing is written: APPLY=1 writes."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
