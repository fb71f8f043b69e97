"""What the tests of the board begin with: a Jira that stands in for the real one, and a small backlog."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from board.__main__ import main
from tests.board.site import Site
from tests.board.stand_in import ACCOUNT, serve


def work(name: str, **told: Any) -> dict[str, Any]:
    """Return a piece of work as a file of the backlog has it."""
    sound = {
        "title": f"The {name}",
        "priority": "High",
        "why": f"Somebody wants `{name}`.",
        "acceptance": ["It is there."],
    }
    return {"id": name, **sound, "areas": ["Makefile"], **told}


@dataclass
class Files:
    """A backlog of two epics and three stories, to be changed by a test."""

    folder: Path
    project: dict[str, str] = field(
        default_factory=lambda: {"key": "SLIP", "repository": "https://git.example/slipway", "branch": "main"}
    )
    house: dict[str, Any] = field(default_factory=lambda: work("house", stories=[work("door"), work("roof")]))
    garden: dict[str, Any] = field(default_factory=lambda: work("garden", stories=[work("tree")]))

    def write(self) -> None:
        """Write it down."""
        (self.folder / "epics").mkdir(exist_ok=True)
        contents = {"project.yaml": self.project, "epics/garden.yaml": self.garden, "epics/house.yaml": self.house}
        for name, content in contents.items():
            (self.folder / name).write_text(yaml.safe_dump(content))


@dataclass
class Board:
    """The command, run on a small backlog by somebody who may write to the project."""

    files: Files
    capsys: pytest.CaptureFixture[str]
    complaint: str = ""

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """Run it, see that it ends as expected, and return what it has said: where it has failed, why."""
        self.files.write()
        ended = main(list(arguments))
        said = self.capsys.readouterr()
        self.complaint = said.err
        assert ended == status, said.out + said.err
        return said.err if status else said.out


@pytest.fixture
def jira() -> Iterator[Site]:
    with serve() as running:
        yield running


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr("board.__main__.FOLDER", tmp_path)
    return Files(tmp_path)


@pytest.fixture
def board(files: Files, jira: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Board:
    for name, value in zip(("JIRA_URL", "JIRA_EMAIL", "JIRA_TOKEN"), (jira.url, *ACCOUNT), strict=True):
        monkeypatch.setenv(name, value)
    return Board(files, capsys)
