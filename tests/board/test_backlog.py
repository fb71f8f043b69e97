"""The backlog is sound, and a file that is not is refused with what is wrong and what is allowed."""

from typing import Any

import pytest

from board.backlog import FOLDER, Backlog
from tests.board.conftest import Board, Files, work


def test_the_backlog_of_this_project_is_sound() -> None:
    backlog = Backlog.load(FOLDER)

    assert {epic.id for epic in backlog.epics} >= {"application", "platform", "releases", "build-side", "rehearsal"}
    assert len([work for work, epic in backlog.work() if epic]) > 30


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"priority": "Urgent"}, "priority='Urgent': Input should be 'Highest', 'High', 'Medium', 'Low' or 'Lowest'"),
        ({"areas": ["no/such/file"]}, "areas.0='no/such/file': allowed is a path that the repository has"),
        ({"areas": ["../elsewhere"]}, "areas.0='../elsewhere': allowed is a path that the repository has"),
        ({"acceptance": []}, "acceptance='[]': List should have at least 1 item after validation, not 0"),
        ({"points": 5}, "points is unknown"),
        ({"title": "x" * 256}, f"title='{'x' * 60}': String should have at most 255 characters"),
        ({"id": "The tree"}, "id='The tree': String should match pattern '^[a-z0-9]+(-[a-z0-9]+)*$'"),
    ],
)
def test_a_wrong_story_is_refused(board: Board, files: Files, told: dict[str, Any], refusal: str) -> None:
    files.garden["stories"] = [work("tree") | told]

    assert board(status=1) == f"board: garden.yaml: stories.0.{refusal}\n"


def test_what_is_missing_is_named(board: Board, files: Files) -> None:
    del files.house["why"]
    del files.project["branch"]

    assert board(status=1) == "board: project.yaml: branch is missing\n"
    files.project["branch"] = "main"
    assert board(status=1) == "board: house.yaml: why is missing\n"


def test_an_id_is_given_once(board: Board, files: Files) -> None:
    files.garden["stories"].append(work("door"))

    assert board(status=1) == "board: door: an ID is for one epic or story; give the other a new one\n"


def test_a_file_that_is_no_yaml_is_one_line(board: Board, files: Files) -> None:
    files.write()
    (files.folder / "epics/broken.yaml").write_text("id: [unclosed\n")

    said = board(status=1)

    assert said.startswith("board: broken.yaml: while parsing a flow sequence")
    assert said.count("\n") == 1
