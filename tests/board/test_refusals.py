"""What goes wrong is told in a line; what is refused for now is asked again, and nothing is made twice."""

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.board.conftest import Board, Files
from tests.board.site import Site, described
from tests.board.stand_in import ACCOUNT

pytestmark = pytest.mark.full


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which it has waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.mark.parametrize("status", [429, 503])
def test_jira_is_waited_for_as_long_as_it_asks(board: Board, jira: Site, slept: list[float], status: int) -> None:
    jira.refusals = [(status, {"Retry-After": "7"}), (status, {"Retry-After": "11"})]

    board("--apply")

    assert board.complaint == "Jira asks to wait: again in 7 s\nJira asks to wait: again in 11 s\n"
    assert slept == [7, 11]
    assert len(jira.by_id()) == 5


def test_an_issue_whose_making_was_put_off_is_made_once(
    board: Board, jira: Site, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = jira.make

    def make_and_refuse_the_next(fields: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        if jira.last == 1:
            jira.refusals = [(429, {"Retry-After": "3"})] * 2
        return make(fields, properties)

    monkeypatch.setattr(jira, "make", make_and_refuse_the_next)
    board("--apply")

    assert slept == [3, 3]
    assert (jira.requests["POST issue"], len(jira.by_id())) == (7, 5)


def test_without_a_time_it_waits_longer_and_longer(board: Board, jira: Site, slept: list[float]) -> None:
    jira.refusals = [(429, {})] * 5

    board("--apply")

    assert len(slept) >= 4
    assert slept == sorted(slept)
    assert slept[-1] >= 8


def test_after_eight_repetitions_it_gives_up(board: Board, jira: Site, slept: list[float]) -> None:
    jira.refusals = [(429, {"Retry-After": "1"})] * 9

    said = board("--apply", status=1)

    assert len(slept) == 8
    assert said.splitlines()[-1] == (
        "board: project SLIP: Jira asks to wait after 8 repetitions; later, run it again: nothing is made twice"
    )


def test_an_issue_whose_answer_was_lost_is_not_made_again(board: Board, jira: Site) -> None:
    jira.silent_after = 3

    said = board("--apply", status=1)

    assert said.startswith(f"board: tree: no answer from {jira.url} (ConnectionError); ")
    assert said.endswith("run it again: nothing is made twice\n")
    assert (jira.requests["POST issue"], len(jira.by_id())) == (3, 3)
    jira.silent_after = None
    assert board("--apply").endswith("2 created.\n")
    assert len(jira.by_id()) == 5


def test_a_failure_that_may_have_been_a_success_is_not_repeated(board: Board, jira: Site) -> None:
    jira.refusals = [(503, {})]

    assert board("--apply", status=1) == "board: project SLIP: Jira refuses (503): Rate limit exceeded.\n"


def test_a_field_that_jira_refuses_is_named(board: Board, jira: Site, files: Files) -> None:
    jira.longest_summary = 20
    files.garden["stories"][0]["title"] = "The tree that is high"

    assert board("--apply", status=1) == (
        "board: tree: Jira refuses (400): summary: Summary must be less than 20 characters.\n"
    )


def test_a_project_that_is_not_there_is_named(board: Board, files: Files) -> None:
    files.project["key"] = "NONE"

    said = board(status=1)

    assert said == "board: project NONE: Jira refuses (404): No project could be found with key 'NONE'.\n"


def test_a_project_without_the_type_is_told_before_anything_is_written(board: Board, jira: Site) -> None:
    del jira.types["Story"]

    assert board("--apply", status=1) == (
        "board: project SLIP: there is no issue type Story, only Epic, Task; add it in the project's settings\n"
    )
    assert jira.issues == {}


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"priority": None}, "Jira's type has no field priority; add it in the project's settings"),
        (
            {"team": described("team", required=True)},
            "Jira's type demands Team; make it optional in the project's settings",
        ),
        (
            {"priority": described("priority", allowedValues=[{"name": "P1"}, {"name": "P2"}])},
            "Jira's project has no priority High, only P1, P2; add it there",
        ),
    ],
)
def test_a_project_that_cannot_hold_the_backlog_is_told_before_anything_is_written(
    board: Board, jira: Site, field: dict[str, dict[str, object] | None], told: str
) -> None:
    fields = jira.types["Story"]["fields"]
    fields |= field
    jira.types["Story"]["fields"] = {name: value for name, value in fields.items() if value}

    assert board("--apply", status=1) == f"board: Story: {told}\n"
    assert jira.issues == {}


def test_a_token_that_is_not_accepted_is_told_and_not_shown(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "a-wrong-secret")

    said = board(status=1)

    assert said == (
        "board: project SLIP: Jira does not accept JIRA_TOKEN for JIRA_EMAIL (401); make a token for that account\n"
    )


def test_what_is_not_set_is_told_with_its_meaning(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIRA_TOKEN")

    assert board(status=1) == "board: JIRA_TOKEN is not set; it is an API token of that account\n"


def test_without_an_account_the_backlog_is_only_read(board: Board, jira: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JIRA_URL", "JIRA_EMAIL", "JIRA_TOKEN"):
        monkeypatch.delenv(name)

    assert "It is sound." in board()
    assert board("--apply", status=1).count("is not set") == 3
    assert not jira.requests


@pytest.mark.parametrize("url", ["http://jira.example", "https://me:secret@jira.example", "jira.example"])
def test_the_token_is_sent_nowhere_but_over_tls(board: Board, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("JIRA_URL", url)

    said = board(status=1)

    assert said == "board: JIRA_URL: allowed is https://… without an account in it, since the token is sent there\n"


@pytest.mark.usefixtures("slept")
def test_a_jira_that_cannot_be_reached_is_one_line(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_URL", "http://127.0.0.1:9")

    said = board(status=1).splitlines()[-1]

    assert said.startswith("board: project SLIP: no answer from http://127.0.0.1:9 (ConnectionError); check JIRA_URL")


def test_what_is_no_jira_is_one_line(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = Thread(target=httpd.handle_request)
        thread.start()
        monkeypatch.setenv("JIRA_URL", f"http://127.0.0.1:{httpd.server_port}")
        said = board(status=1)
        thread.join()

    assert said.endswith("answers no JSON; is JIRA_URL the address of a site in Jira Cloud?\n")
    assert said.count("\n") == 1
    assert ACCOUNT[1] not in said
