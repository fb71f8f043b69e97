"""`ci/previous-suite` has nothing to compare where a release puts another application in place, and only there."""

import subprocess
from pathlib import Path

import pytest

from tests.ci.test_previous_suite import MIGRATION, SETTINGS
from tests.ci.workplace import commit, git
from tests.rehearsal.adoption import adopt


@pytest.fixture
def adopted(tmp_path: Path) -> Path:
    """A clone whose last commit puts the second application in place of ours."""
    root = commit(tmp_path / "clone", "ci", "services")
    adopt(root)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "bread")
    return root


def told(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the script, and return its status with what it says of which release, and what it complains of."""
    command = ["ci/previous-suite", *arguments]
    done = subprocess.run(command, cwd=root, env=SETTINGS, capture_output=True, text=True, check=False)
    previous = git(root, "log", "-1", "--format=%h %s", "HEAD^")
    return done.returncode, done.stdout.replace(previous, "PREVIOUS"), done.stderr.replace(previous, "PREVIOUS")


ANOTHER = "PREVIOUS is another application, with no migration in common: there is nothing to compare\n"


def change(root: Path, said: str, files: dict[str, str | None]) -> None:
    """Commit files of the backend; those without content go."""
    for name, content in files.items():
        path = root / "services/backend" / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", said)


def test_another_application_in_place_of_ours_has_nothing_to_compare(adopted: Path) -> None:
    assert told(adopted) == (0, ANOTHER, "")


def test_two_releases_without_migrations_have_nothing_to_compare(adopted: Path) -> None:
    change(adopted, "more bread", {"application/more.py": "bread = 2"})

    said = "neither PREVIOUS nor this release has migrations: there is nothing to compare\n"
    assert told(adopted) == (0, said, "")


def test_a_release_without_a_suite_has_nothing_to_run(adopted: Path) -> None:
    change(adopted, "migrate", {"migrations/versions/a.py": 'revision = "a"'})

    assert told(adopted) == (0, "PREVIOUS has no suite: there is nothing to run\n", "")


SQUASHED = {"migrations/versions/0001_users.py": None, "migrations/versions/new.py": 'revision = "new"'}
GONE = {f"migrations/{name}": None for name in ("alembic.ini", "env.py", "script.py.mako", "versions/0001_users.py")}


@pytest.mark.parametrize("files", [SQUASHED, GONE], ids=["squashed", "gone"])
def test_migrations_that_vanish_make_no_other_application(tmp_path: Path, files: dict[str, str | None]) -> None:
    root = commit(tmp_path / "clone", "ci", "services")
    change(root, "without what users have", files)

    status, said, complaint = told(root)

    assert (status, said) == (1, "")
    assert complaint.startswith("ci/previous-suite: no migration of PREVIOUS is in ")
    assert complaint.endswith("end a commit's message with the line `Application: another`\n")
    assert complaint.count("\n") == 1


def test_another_application_that_keeps_modules_of_ours_is_told_by_its_commit(tmp_path: Path) -> None:
    root = commit(tmp_path / "clone", "ci", "services")
    change(root, "Put bread in place\n\nApplication: another", SQUASHED)
    assert told(root) == (0, ANOTHER, "")

    git(root, "commit", "--quiet", "--allow-empty", "--message", "the next one")
    change(root, "lose it", {"migrations/versions/new.py": None})
    assert told(root)[0] == 1


@pytest.mark.full
def test_a_commit_that_says_so_hides_no_migration_of_the_same_application(tmp_path: Path) -> None:
    root = commit(tmp_path / "clone", "ci", "services")
    renamed = MIGRATION.format(change='users.alter_column("userName", new_column_name="name")')
    change(root, "rename\n\nApplication: another", {"migrations/versions/0002_contract.py": renamed})

    status, said, _ = told(root, "-q", "tests/test_api.py")

    assert said.startswith("the suite of PREVIOUS, on the schema of ")
    assert status == 1
