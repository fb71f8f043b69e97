"""A workplace after each step of a release."""

from pathlib import Path

import pytest

from tests.ci.release.stages import SETTINGS
from tests.ci.workplace import Workplace, git


@pytest.fixture
def pushed(workplace: Workplace) -> Workplace:
    """A workplace whose images are candidates."""
    assert workplace.run("push", **SETTINGS).returncode == 0
    (workplace.tools / "calls.jsonl").unlink()
    return workplace


@pytest.fixture
def planned(pushed: Workplace) -> Workplace:
    """A workplace whose deployment is planned."""
    assert pushed.run("plan", **SETTINGS).returncode == 0
    (pushed.tools / "calls.jsonl").unlink()
    return pushed


@pytest.fixture
def deployed(planned: Workplace) -> Workplace:
    """A workplace whose release is deployed."""
    assert planned.run("deploy", **SETTINGS).returncode == 0
    return planned


@pytest.fixture
def origin(planned: Workplace, tmp_path: Path) -> Path:
    """The repository that the workplace was cloned from; its main branch is at the workplace's commit."""
    bare = tmp_path / "origin.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(planned.root), str(bare))
    git(bare, "branch", "--force", "main", planned.commit)
    git(planned.root, "remote", "add", "origin", str(bare))
    return bare
