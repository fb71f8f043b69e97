"""The backlog: what its files may say, and what they say.

`project.yaml` names the project in Jira and the repository; each file of `epics/` holds an epic and its stories.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from board import ROOT, BoardError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FOLDER = ROOT / "board"

Priority = Literal["Highest", "High", "Medium", "Low", "Lowest"]


def _area(path: str) -> str:
    if ".." in Path(path).parts or not (ROOT / path).exists():
        raise ValueError("allowed is a path that the repository has")
    return path


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""What the backlog calls a piece of work, for good: Jira's issue is found by it."""

Line = Annotated[str, Field(min_length=1, pattern=r"^\S[^\n]*\S$")]
Area = Annotated[str, AfterValidator(_area)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_Read = TypeVar("_Read", bound=_Entry)


class Project(_Entry):
    """Where the backlog lives."""

    key: str = Field(pattern=r"^[A-Z][A-Z0-9_]{1,9}$", description="the project's key in Jira")
    repository: str = Field(pattern=r"^https://\S+[^/\s]$", description="the address of the repository on the web")
    branch: str = Field(pattern=r"^\S+$", description="the branch whose commits are shown")


class Work(_Entry):
    """What an epic and a story have in common."""

    id: Slug
    title: Annotated[Line, Field(max_length=255)]
    priority: Priority
    why: str = Field(min_length=1, description="who wants it and what for, in a paragraph")
    acceptance: list[Line] = Field(min_length=1, description="what holds when it is done")
    areas: list[Area] = Field(min_length=1, description="the parts of the repository that its commits change")

    @property
    def kind(self) -> str:
        """The type of its issue, as Jira calls it in English."""
        return type(self).__name__


class Story(Work):
    """A piece of work that a few commits do."""


class Epic(Work):
    """A part of the whole, and its stories."""

    stories: list[Story] = Field(min_length=1)


class Backlog(_Entry):
    """The whole of it."""

    project: Project
    epics: list[Epic]

    def work(self) -> Iterator[tuple[Work, Epic | None]]:
        """Yield every epic, then every story with the epic that it belongs to."""
        yield from ((epic, None) for epic in self.epics)
        yield from ((story, epic) for epic in self.epics for story in epic.stories)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the files.

        Raises:
            BoardError: a file is not as it must be, or two pieces of work have one ID; a line for each.
        """
        project = _read(folder / "project.yaml", Project)
        backlog = cls(project=project, epics=[_read(path, Epic) for path in sorted((folder / "epics").iterdir())])
        times = Counter(work.id for work, _ in backlog.work())
        if twice := [name for name, count in times.items() if count > 1]:
            raise BoardError(f"{', '.join(twice)}: an ID is for one epic or story; give the other a new one")
        return backlog


def _read(path: Path, kind: type[_Read]) -> _Read:
    try:
        return kind.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise BoardError(f"{path.name}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise BoardError("\n".join(f"{path.name}: {_told(problem)}" for problem in error.errors())) from None


def _told(problem: "ErrorDetails") -> str:
    """Say in a line where a file is wrong, what stands there, and what is allowed."""
    place = ".".join(map(str, problem["loc"])) or "the file"
    if problem["type"] == "missing":
        return f"{place} is missing"
    if problem["type"] == "extra_forbidden":
        return f"{place} is unknown"
    return f"{place}={str(problem['input'])[:60]!r}: {problem['msg'].removeprefix('Value error, ')}"
