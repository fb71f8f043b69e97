"""What Jenkins is told, against what it knows: keys and symbols, the plugins that bring them, what those depend on."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci.jenkins.rendered import ROLE, Rendered, called_methods, loaded
from tests.ci.workplace import ROOT

DATA = Path(__file__).parent
KEYS: dict[str, str] = loaded(DATA / "keys.yaml")["keys"]
PARTS: dict[str, str] = loaded(DATA / "keys.yaml")["plugins"]
SYMBOLS: dict[str, dict[str, list[str]]] = loaded(DATA / "symbols.yaml")
DEPENDENCIES: dict[str, list[str]] = loaded(DATA / "dependencies.yaml")
PINS = [line for line in (ROLE / "files/plugins.txt").read_text().splitlines() if line and line[0] != "#"]
PINNED = {line.partition(":")[0] for line in PINS}


@pytest.fixture(scope="session")
def both(bare: Rendered, whole: Rendered) -> list[Rendered]:
    """Jenkins with nothing set, and with everything."""
    return [bare, whole]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key's path and, as JSON, what stands there."""
    if value and isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif value and isinstance(value, list):
        for below in value:
            yield from leaves(below, f"{path}[]")
    else:
        yield path, json.dumps(value)


def test_each_key_is_one_that_jenkins_knows_with_a_value_that_it_takes(both: list[Rendered]) -> None:
    found = [leaf for each in both for leaf in leaves(each.configuration)]

    assert [leaf for leaf in found if not re.fullmatch(KEYS.get(leaf[0], "unknown"), leaf[1])] == []
    assert set(KEYS) - {path for path, _ in found} == set(), "keys that nothing uses any more"


def test_each_part_of_the_configuration_has_its_plugin(both: list[Rendered]) -> None:
    used = {path for each in both for path, _ in leaves(each.configuration)}
    missing = {part for part in PARTS if any(path.startswith(part) for path in used)} - {
        part for part, plugin in PARTS.items() if plugin in PINNED
    }

    assert missing == set()
    assert all(any(path.startswith(part) for path in used) for part in PARTS), "parts that nothing uses any more"


def test_what_the_pipeline_and_the_job_call_is_known_and_has_its_plugin(both: list[Rendered]) -> None:
    jobs = [each.job for each in both]
    called = called_methods(ROOT / "Jenkinsfile", *jobs)
    wrong = []
    for file, names in called.items():
        assert names, file
        plugin_of = {
            symbol: plugin
            for plugin, symbols in SYMBOLS["job" if file in jobs else "pipeline"].items()
            for symbol in symbols
        }
        wrong += [f"{file.name}: {name} is not in symbols.yaml" for name in names if name not in plugin_of]
        wrong += [
            f"{file.name}: {name} needs {plugin_of[name]}"
            for name in names
            if plugin_of.get(name, "core") not in {*PINNED, "core"}
        ]

    assert wrong == []


def test_every_plugin_is_pinned_once_to_a_version() -> None:
    assert [line for line in PINS if not re.fullmatch(r"[a-z0-9-]+:\d[\w.+-]*", line)] == []
    assert len(PINNED) == len(PINS)


def test_a_plugin_that_is_pinned_has_what_it_depends_on() -> None:
    missing = {
        f"{plugin} needs {needed}"
        for plugin, depends_on in DEPENDENCIES.items()
        for needed in depends_on
        if plugin in PINNED and needed not in PINNED
    }

    assert missing == set()
    assert set(DEPENDENCIES) <= PINNED, "dependencies of plugins that nobody wants any more"


def test_no_plugin_opens_a_second_way_in() -> None:
    """The command line over SSH and agents that call in come with plugins; none depends on them."""
    assert PINNED.isdisjoint({"sshd", "swarm"})
