"""Jira comes to say what the backlog says: nothing twice, nothing more than is asked for, nothing of other people's."""

from typing import Any

import pytest

from tests.board.conftest import Board, Files, work
from tests.board.site import Site

pytestmark = pytest.mark.full

READING = {"GET search/jql", "POST issue/bulkfetch"}


def writes(jira: Site) -> dict[str, int]:
    """Return the requests that were made to write."""
    return {
        request: times
        for request, times in jira.requests.items()
        if request not in READING and not request.startswith("GET issue/createmeta/")
    }


def test_without_apply_everything_is_told_and_nothing_is_written(board: Board, jira: Site) -> None:
    said = board()

    assert all(f"{name}: The {name}" in said for name in ("house", "door", "roof", "garden", "tree"))
    assert said.endswith("5 to create. Nothing is written: APPLY=1 writes.\n")
    assert (writes(jira), jira.issues) == ({}, {})


def test_epics_and_their_stories_are_made_as_the_backlog_has_them(board: Board, jira: Site, files: Files) -> None:
    files.house["stories"][0] |= {"priority": "Low", "acceptance": ["It opens.", "`make door` closes it."]}
    assert board("--apply").endswith("5 created.\n")

    made = jira.by_id()
    keys = {name: key for key, issue in jira.issues.items() for name in made if issue["fields"] is made[name]}
    assert {name: fields["issuetype"]["id"] for name, fields in made.items()} == {
        "garden": "10000",
        "house": "10000",
        "tree": "10002",
        "door": "10002",
        "roof": "10002",
    }
    assert made["door"]["summary"] == "The door"
    assert made["door"]["priority"] == {"name": "Low"}
    assert made["door"]["parent"] == {"key": keys["house"]}
    assert made["tree"]["parent"] == {"key": keys["garden"]}
    assert made["house"]["labels"] == ["slipway"]
    description = str(made["door"]["description"])
    assert "'It opens.'" in description
    assert "{'type': 'text', 'text': 'make door', 'marks': [{'type': 'code'}]}" in description
    assert "https://git.example/slipway/commits/main/Makefile" in description


@pytest.mark.parametrize("indexed", [True, False], ids=["search has caught up", "search knows nothing yet"])
def test_a_second_time_nothing_is_written(board: Board, jira: Site, indexed: bool) -> None:
    board("--apply")
    if indexed:
        jira.index()
    before = writes(jira)

    assert board("--apply").endswith("Jira says what the backlog says.\n")
    assert writes(jira) == before
    assert len(jira.by_id()) == 5


def test_in_a_project_of_many_issues_each_is_found_again(board: Board, jira: Site) -> None:
    for _ in range(130):
        jira.make({"summary": "somebody's own", "issuetype": {"id": "10001"}}, {})
    board("--apply")
    jira.index()
    for _ in range(120):  # which search does not know, nor what is made between and after them
        jira.make({"summary": "somebody's own", "issuetype": {"id": "10001"}}, {})
    for key in ("SLIP-131", "SLIP-135"):
        jira.indexed.remove(key)

    assert board("--apply").endswith("Jira says what the backlog says.\n")
    assert len(jira.by_id()) == 5


def test_an_issue_that_came_back_under_another_key_is_met_once(board: Board, jira: Site) -> None:
    board("--apply")
    jira.moved = {"SLIP-6": "SLIP-3"}

    assert board("--apply").endswith("Jira says what the backlog says.\n")


def test_an_issue_that_went_to_another_project_is_its_own_and_is_made_anew(board: Board, jira: Site) -> None:
    board("--apply")
    jira.issues["OTHER-1"] = jira.issues.pop("SLIP-3") | {"key": "OTHER-1"}
    jira.moved = {"SLIP-3": "OTHER-1"}

    assert "  + Story  SLIP-6    tree: The tree\n1 created.\n" in board("--apply")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("summary", "The gate"),
        ("priority", {"name": "Lowest"}),
        ("labels", ["own"]),
        ("parent", {"key": "SLIP-2"}),
        ("description", None),
    ],
)
def test_what_was_changed_in_jira_is_put_back_and_nothing_else_is_written(
    board: Board, jira: Site, name: str, value: Any
) -> None:
    board("--apply")
    tree = jira.by_id()["tree"]
    right = dict(tree)
    tree[name] = value

    assert f"  ~ Story  SLIP-3    tree: {name}\n" in board("--apply")
    assert [request for request in writes(jira) if request != "POST issue"] == ["PUT issue/SLIP-3"]
    if name == "labels":
        assert jira.by_id()["tree"] == right | {"labels": ["own", "slipway"]}
    else:
        assert board().endswith("Jira says what the backlog says.\n")


def test_labels_of_others_stay(board: Board, jira: Site) -> None:
    board("--apply")
    jira.by_id()["tree"]["labels"].append("own")

    assert board().endswith("Jira says what the backlog says.\n")


def test_a_story_moves_to_an_epic_that_is_new(board: Board, jira: Site, files: Files) -> None:
    board("--apply")
    files.garden = work("park", stories=files.garden["stories"])

    said = board("--apply")

    assert "  ~ Story  SLIP-3    tree: parent\n" in said
    assert jira.by_id()["tree"]["parent"] == {"key": "SLIP-6"}


def test_what_the_backlog_has_no_more_is_deleted_when_that_is_asked_for(board: Board, jira: Site, files: Files) -> None:
    jira.make({"summary": "somebody's own", "issuetype": {"id": "10001"}}, {})
    board("--apply")
    del files.house["stories"][1]

    assert "1 in Jira that the backlog has no more: PRUNE=1 deletes them." in board("--apply")
    assert "1 to delete. Nothing is written" in board("--prune")
    assert "roof" in jira.by_id()
    assert board("--apply", "--prune").endswith("1 deleted.\n")
    assert set(jira.by_id()) == {"house", "door", "garden", "tree"}
    assert jira.issues["SLIP-1"]["fields"]["summary"] == "somebody's own"


def test_two_issues_for_one_piece_of_work_are_named_and_nothing_is_written(board: Board, jira: Site) -> None:
    board("--apply")
    jira.make(dict(jira.issues["SLIP-3"]["fields"]), {"slipway-board": {"id": "tree"}})
    before = writes(jira)

    assert board("--apply", status=1) == "board: SLIP-3 and SLIP-6 are both tree: delete one of them in Jira\n"
    assert writes(jira) == before


def test_a_piece_of_work_of_another_type_is_refused(board: Board, jira: Site) -> None:
    board("--apply")
    jira.by_id()["tree"]["issuetype"] = {"id": "10001"}

    said = board("--apply", status=1)

    assert said == "board: tree: SLIP-3 is not of the type Story; change its type in Jira, or the ID\n"
