"""Wherever the command is ended, the next one brings it to its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from board.backlog import FOLDER, Backlog
from tests.board.site import Site
from tests.board.stand_in import ACCOUNT

ROOT = Path(__file__).parents[2]
AS_TYPED = ("env", "--default-signal=INT")
"""A shell has what it puts into the background be deaf to Ctrl-C, this suite too."""


def start(jira: Site) -> subprocess.Popen[str]:
    """Start to write the real backlog."""
    account = dict(zip(("JIRA_URL", "JIRA_EMAIL", "JIRA_TOKEN"), (jira.url, *ACCOUNT), strict=True))
    return subprocess.Popen(
        [*AS_TYPED, sys.executable, "-m", "board", "--apply"],
        cwd=ROOT,
        env=os.environ | account,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_was_ended_in_the_middle_is_brought_to_its_end_with_nothing_twice(
    jira: Site, number: signal.Signals
) -> None:
    work = {work.id for work, _ in Backlog.load(FOLDER).work()}
    jira.hang_after = 17
    with start(jira) as first:
        assert jira.hangs.wait(30)
        first.send_signal(number)
        _, said = first.communicate()
    jira.hang_after = None
    jira.go_on.set()
    assert len(jira.by_id()) == 17
    assert first.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert said == ("board: interrupted; run it again: nothing is made twice\n" if number == signal.SIGINT else "")

    with start(jira) as second:  # search knows nothing yet of what the first one has made
        told, said = second.communicate()

    assert (second.returncode, said) == (0, "")
    assert told.endswith(f"{len(work) - 17} created.\n")
    assert set(jira.by_id()) == work
    assert jira.requests["POST issue"] == len(work)
