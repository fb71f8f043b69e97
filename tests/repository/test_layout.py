"""A newcomer finds every file where the README says that it is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIVEN = [
    "app.py",
    "cdk.json",
    "cdk_app/",
    "constructs/",
    "k8s_charts/",
    "services/frontend/",
    "services/backend/",
    "ansible/",
    "tests/",
    "Jenkinsfile",
    "requirements.txt",
]


def tree_of_readme() -> list[str]:
    """Return the paths in the README's layout, which is the indented tree under its heading."""
    (tree,) = re.findall(r"## Layout\n.*?```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line.split()[0] for line in tree.splitlines() if line.strip()]


@pytest.mark.parametrize("path", GIVEN)
def test_what_was_given_stands_at_the_top(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_readme_names_what_was_given() -> None:
    assert set(GIVEN) <= set(tree_of_readme())


@pytest.mark.parametrize("path", tree_of_readme())
def test_what_the_readme_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_readme_names_every_folder() -> None:
    folders = {
        f"{path.relative_to(ROOT)}/"
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and _is_kept(path)
    }
    named = {path.split("/")[0] + "/" for path in tree_of_readme() if "/" in path}
    assert folders == named


def _is_kept(folder: Path) -> bool:
    """Say whether the folder is part of the repository, and not something that was made."""
    made = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split() if "*" not in line}
    return folder.name not in made and not folder.name.endswith(".egg-info") and folder.name != "__pycache__"
