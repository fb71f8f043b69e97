"""What changes is told: the changelog keeps its form, and pyproject.toml names the version that comes next."""

import re
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
HEADINGS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})")
RELEASES = [release.groups() for heading in HEADINGS if (release := RELEASE.fullmatch(heading))]
"""Version and day of each release, the newest first; none before the first."""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_what_is_not_released_yet_stands_first() -> None:
    assert HEADINGS[0] == "[Unreleased]"


def test_every_release_has_its_version_and_its_day() -> None:
    assert [heading for heading in HEADINGS[1:] if not RELEASE.fullmatch(heading)] == []


def test_the_version_of_the_project_is_that_of_what_is_not_released_yet() -> None:
    unreleased = CHANGELOG.split("## [Unreleased]\n")[1].split("\n## ")[0].split("\n[")[0].strip()
    newest = _numbers(RELEASES[0][0]) if RELEASES else ()
    assert _numbers(VERSION) > newest if unreleased else _numbers(VERSION) == newest


def test_releases_stand_from_the_newest_to_the_oldest() -> None:
    told = [(_numbers(version), date.fromisoformat(day)) for version, day in RELEASES]
    assert told == sorted(told, reverse=True)


def test_changes_are_sorted_as_keep_a_changelog_has_it() -> None:
    kinds = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_version_leads_to_its_changes() -> None:
    links = dict(re.findall(r"^\[(.+)\]: (https://\S+)$", CHANGELOG, re.MULTILINE))
    assert list(links) == [re.sub(r"\[(.*)\].*", r"\1", heading) for heading in HEADINGS]
    since = f"compare/v{RELEASES[0][0]}...HEAD" if RELEASES else "commits/main"
    assert links.pop("Unreleased").endswith(f"/{since}")
    assert [version for version, link in links.items() if not link.endswith(f"/releases/tag/v{version}")] == []
