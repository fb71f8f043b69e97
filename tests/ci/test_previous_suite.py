"""A migration that the previous release cannot live with is found before it is deployed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.server import Server
from tests.ci.workplace import ROOT, git

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None

def upgrade():
    with op.batch_alter_table("users") as users:
        {change}
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of the backend's migrations, to which a test adds one."""
    shutil.copytree(ROOT / "services/backend/migrations", tmp_path / "migrations")
    return tmp_path / "migrations"


SUITE = {
    "application/__init__.py": "",
    "application/database.py": "class LateBoundSQLAlchemy: ...",
    "migrations/versions/0001_first.py": 'revision: str = "0001"',
    "tests/test_it.py": "def test_it(): ...",
}
SETTINGS = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def history(tmp_path: Path, committed: Path) -> tuple[Path, list[str]]:
    """A clone whose last three commits have a backend with a suite, and these commits; then one of another branch."""
    root = tmp_path / "clone"
    shutil.copytree(committed, root)
    for name, content in SUITE.items():
        (root / "services/backend" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "services/backend" / name).write_text(content)
    git(root, "add", ".")
    commits = []
    for number in range(4):
        git(root, "commit", "--quiet", "--allow-empty", "--message", f"number {number}")
        commits.append(git(root, "rev-parse", "HEAD"))
    git(root, "reset", "--quiet", "--hard", commits[2])
    return root, commits


@pytest.mark.full
@pytest.mark.parametrize(("recorded", "previous"), [(0, 0), (2, 2), (3, 1), (None, 1)])
def test_the_previous_release_is_the_one_that_users_get(
    history: tuple[Path, list[str]], server: Server, aws: dict[str, str], recorded: int | None, previous: int
) -> None:
    root, commits = history
    record = json.dumps({"release": commits[recorded], "images": {}}) if recorded is not None else "none"
    server.parameters["/a/record"] = record

    done = subprocess.run(
        ["ci/previous-suite", "-q"],
        cwd=root,
        env={**SETTINGS, **aws, "SLIPWAY_LAST_GOOD_PARAMETER": "/a/record"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"the suite of {commits[previous][:7]} number {previous}, on the schema of")


@pytest.mark.full
def test_a_record_that_cannot_be_read_is_not_passed_over(history: tuple[Path, list[str]], aws: dict[str, str]) -> None:
    done = subprocess.run(
        ["ci/previous-suite", "-q"],
        cwd=history[0],
        env={**SETTINGS, **aws, "SLIPWAY_LAST_GOOD_PARAMETER": "/not/there"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the last good release cannot be read from /not/there: ")


def run(migrations: Path, previous: str = "HEAD") -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["ci/previous-suite", "-q", "tests/test_api.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "PREVIOUS": previous, "MIGRATIONS": str(migrations), "TEST_DATABASE_URI": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.full
def test_an_expanding_migration_passes(migrations: Path) -> None:
    change = 'users.add_column(sa.Column("email", sa.String(100)))'
    (migrations / "versions/0002_email.py").write_text(MIGRATION.format(change=change))
    result = run(migrations)
    assert result.returncode == 0, result.stdout


@pytest.mark.full
@pytest.mark.parametrize(
    "change",
    [
        'users.alter_column("userName", new_column_name="name")',
        'users.add_column(sa.Column("email", sa.String(100), nullable=False))',
    ],
)
def test_a_contracting_migration_fails(migrations: Path, change: str) -> None:
    (migrations / "versions/0002_contract.py").write_text(MIGRATION.format(change=change))
    result = run(migrations)
    assert result.returncode == 1
    assert "failed" in result.stdout


def test_a_release_that_is_not_there_is_told(migrations: Path) -> None:
    result = run(migrations, previous="v0.0.0")
    assert (result.returncode, result.stderr) == (
        1,
        "ci/previous-suite: this checkout has no v0.0.0; fetch it, or name another release in PREVIOUS\n",
    )


def test_a_checkout_without_the_history_is_no_first_release(tmp_path: Path, committed: Path) -> None:
    origin = tmp_path / "origin"
    shutil.copytree(committed, origin)
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "the second")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin}", "clone")
    (tmp_path / "clone/services/backend/migrations").mkdir(parents=True)
    done = subprocess.run(
        ["ci/previous-suite"], cwd=tmp_path / "clone", env=SETTINGS, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "ci/previous-suite: this checkout has no HEAD^; fetch it, or name another release in PREVIOUS\n",
    )


def test_the_first_commit_has_no_previous_release(committed: Path, tmp_path: Path) -> None:
    root = tmp_path / "first"
    shutil.copytree(committed, root)
    (root / "services/backend/migrations").mkdir(parents=True)
    done = subprocess.run(["ci/previous-suite"], cwd=root, env=SETTINGS, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (
        0,
        "the history begins with this commit: there is no previous release\n",
    )
