"""What changes is told: the version that pyproject.toml names has its section, and the changelog keeps its form."""

import re
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
HEADINGS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
RELEASES = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})", heading) for heading in HEADINGS[1:]]


def test_what_is_not_released_yet_stands_first() -> None:
    assert HEADINGS[0] == "[Unreleased]"


def test_every_release_has_its_version_and_its_day() -> None:
    assert RELEASES
    assert [heading for heading, release in zip(HEADINGS[1:], RELEASES, strict=True) if release is None] == []


def test_the_newest_release_is_the_version_of_the_project() -> None:
    assert RELEASES[0]
    assert RELEASES[0][1] == VERSION


def test_releases_stand_from_the_newest_to_the_oldest() -> None:
    told = [(tuple(map(int, release[1].split("."))), date.fromisoformat(release[2])) for release in RELEASES if release]
    assert told == sorted(told, reverse=True)


def test_changes_are_sorted_as_keep_a_changelog_has_it() -> None:
    kinds = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_version_leads_to_its_changes() -> None:
    links = dict(re.findall(r"^\[(.+)\]: (https://\S+)$", CHANGELOG, re.MULTILINE))
    assert list(links) == [re.sub(r"\[(.*)\].*", r"\1", heading) for heading in HEADINGS]
    assert links["Unreleased"].endswith(f"/compare/v{VERSION}...HEAD")
    assert links[VERSION].endswith(f"/tag/v{VERSION}")
