"""A setting, and a profile, changes what it says and nothing else: changes.yaml holds all the difference they make."""

import json
import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_app.profiles import PROFILES
from cdk_app.settings import Settings, known_settings
from tests.stacks.synthesis import Synthesis, flat, synthesise

CHANGES = yaml.safe_load(Path(__file__).with_name("changes.yaml").read_text())
SETTINGS: dict[str, str] = {name: value for entry in CHANGES for name, value in entry["settings"].items()}
OF_A_RELEASE = re.compile(r"(GateAwait(?:migration|rollout))[0-9a-f]{10}[0-9A-F]{8}")
"""Names of what waits for a release: they end in its hash, which changes with the application."""

ELSEWHERE = {
    "profile": "the settings that it stands for: test_a_profile_changes_what_its_settings_change",
    "name": "in the names of many resources",
    "owner": "in the tags of every resource",
    "cost_centre": "in the tags of every resource",
    "network.cidr": "in every subnet's range",
    "release": "with the images: test_release.py",
    "images.backend": "with the release: test_release.py",
    "images.frontend": "with the release: test_release.py",
    "images.proxy": "with the release: test_release.py",
}


def test_every_setting_is_tried() -> None:
    assert sorted([*SETTINGS, *ELSEWHERE]) == sorted(name for name, _, _ in known_settings())


@pytest.mark.full
def test_settings_change_what_is_listed_and_nothing_else(synthesis: Synthesis, tmp_path: Path) -> None:
    _compare(synthesis, synthesise(tmp_path, **SETTINGS), CHANGES)


@pytest.mark.full
@pytest.mark.parametrize("profile", [name for name, given in PROFILES.items() if given])
def test_a_profile_changes_what_its_settings_change(profile: str, synthesis: Synthesis, tmp_path: Path) -> None:
    entries = [entry for entry in CHANGES if entry["settings"].keys() & PROFILES[profile].keys()]
    _compare(synthesis, synthesise(tmp_path, profile=profile), entries)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_gives_nothing_that_is_the_default(profile: str) -> None:
    defaults = {name: default for name, _, default in known_settings()}
    read = Settings.from_context({"profile": profile})
    assert [name for name in PROFILES[profile] if _value(read, name) == defaults[name]] == []


def test_what_is_given_by_itself_goes_before_the_profile() -> None:
    settings = Settings.from_context({"profile": "ha", "network.nat_gateways": "2"})
    assert settings.network.nat_gateways == 2
    assert settings.database.production_class == PROFILES["ha"]["database.production_class"]


def _value(settings: Settings, name: str) -> Any:
    return reduce(getattr, name.split("."), settings)


def _compare(synthesis: Synthesis, other: Synthesis, entries: list[dict[str, Any]]) -> None:
    listed = {change for entry in entries for change in entry["changes"]}
    changed = {
        OF_A_RELEASE.sub(r"\1<release>", f"{stack} {change}")
        for stack, template in synthesis.templates.items()
        for change in changes(template, other.templates[stack])
    }
    wrong = [f"  changed, but not listed: {change}" for change in sorted(changed - listed)]
    wrong += [f"  listed, but not changed: {change}" for change in sorted(listed - changed)]
    assert not wrong, "\n".join(["the settings change something else than changes.yaml lists:", *wrong])


def changes(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the places in which two templates differ; what CloudFormation fills in is one value, as is DependsOn."""
    old, new = _opened(old, path), _opened(new, path)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield path
        return
    for key in sorted({*old, *new}):
        below = key if path in ("", "Resources") else f"{path}.{key}"
        if key in old and key in new:
            yield from changes(old[key], new[key], below)
        else:
            yield f"{'+' if key in new else '-'}{below}"


def _opened(value: Any, path: str) -> Any:
    """Return a list as a dict, a manifest as what it says, and a value that CloudFormation fills in as text."""
    if path.endswith(".Manifest"):
        filled_in = [] if isinstance(value, str) else [part for part in value["Fn::Join"][1] if isinstance(part, dict)]
        value = [*json.loads(flat(value)), json.dumps(filled_in)]
    if path.endswith(".DependsOn") or (isinstance(value, dict) and _is_function(value)):
        return json.dumps(value)
    return {str(number): item for number, item in enumerate(value)} if isinstance(value, list) else value


def _is_function(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))
