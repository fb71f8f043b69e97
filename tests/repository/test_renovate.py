"""Every version that is pinned is looked after by Renovate: by one manager, not by two, and not by none."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import run

import pytest

from tests.repository.pins import BUILT_IN, BY_HAND, RENOVATE, ROOT, Manager, Span, managers, pinned, tracked
from tests.repository.support import ROWS, Row

MANAGERS = managers()
FILES = [file for file in tracked() if file not in ("renovate.json", "tests/repository/by_hand.toml")]


def texts() -> Iterator[tuple[str, str]]:
    """Yield each file in which versions may be pinned, with what stands in it."""
    for file in FILES:
        content = (ROOT / file).read_bytes()
        if b"\0" not in content:
            yield file, content.decode()


def lookers(span: Span, text: str, among: list[Manager] = MANAGERS) -> list[str]:
    """Return the names of the managers that look after a version, a person among them."""
    by_hand = [row for row in BY_HAND if row["file"] == span.file and re.fullmatch(row["version"], span.text)]
    found = [manager.name for manager in among for other in manager.spans(span.file, text) if span.within(other)]
    return found + ["by hand"] * len(by_hand)


def test_the_configuration_is_what_renovate_takes() -> None:
    checked = run(
        ["check-jsonschema", "--builtin-schema", "vendor.renovate", "renovate.json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_a_configuration_that_renovate_does_not_take_fails(tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text('{"enabledManagers": "npm"}')
    command = ["check-jsonschema", "--builtin-schema", "vendor.renovate", str(tmp_path / "renovate.json")]
    assert run(command, capture_output=True, check=False).returncode == 1


def test_every_pinned_version_is_looked_after_by_one_manager() -> None:
    found = {span: lookers(span, text) for file, text in texts() for span in pinned(file, text)}
    assert len(found) > 300
    assert {span: names for span, names in found.items() if len(names) != 1} == {}


def test_what_pins_look_like_finds_those_of_every_kind() -> None:
    kinds = {looker for file, text in texts() for span in pinned(file, text) for looker in lookers(span, text)}
    short = {"Kubernetes on EKS"}  # two numbers, which many a figure has; the next test sees it
    assert kinds == {manager.name for manager in MANAGERS} - short | {"by hand"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_every_version_whose_end_is_known_is_looked_after(row: Row) -> None:
    text = (ROOT / row.file).read_text("utf-8")
    match = re.search(row.pattern, text)
    assert match
    assert len(lookers(Span(row.file, *match.span(1), match[1]), text)) == 1


def test_no_program_is_read_for_what_it_is_called() -> None:
    """Renovate takes whatever begins with Dockerfile, in any case, for one."""
    (dockerfiles,) = [manager for manager in MANAGERS if manager.name == "dockerfile"]
    read = [Path(file) for file in FILES if dockerfiles.reads(file)]
    assert {path.name for path in read} <= {"Dockerfile", "Containerfile"}
    assert read


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda manager: manager.name)
def test_without_a_manager_its_versions_are_nobodys(manager: Manager) -> None:
    others = [other for other in MANAGERS if other is not manager]
    spans = [(span, text) for file, text in texts() for span in manager.spans(file, text)]
    assert spans
    assert [span for span, text in spans if lookers(span, text, others)] == []


@pytest.mark.parametrize("row", BY_HAND, ids=lambda row: f"{row['file']}: {row['version']}")
def test_what_is_left_to_a_person_is_still_there_and_says_why(row: dict[str, str]) -> None:
    assert row["reason"]
    assert re.search(rf"(?<![\d.]){row['version']}(?![\d.])", (ROOT / row["file"]).read_text("utf-8"))


@pytest.mark.parametrize("rule", RENOVATE["customManagers"], ids=lambda rule: rule["description"])
def test_a_manager_of_ours_says_where_newer_versions_are(rule: dict[str, str]) -> None:
    custom = rule["datasourceTemplate"].removeprefix("custom.")
    assert custom == rule["datasourceTemplate"] or custom in RENOVATE["customDatasources"]
    assert rule["versioningTemplate"]
    assert "depNameTemplate" in rule or "(?<depName>" in rule["matchStrings"][0]


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda manager: manager.name)
def test_a_version_is_replaced_where_it_is_meant_alone(manager: Manager) -> None:
    """Renovate replaces the version wherever it stands in what the expression has matched."""
    twice = {
        "What installs Jenkins' plugins, with its checksum": 2
    }  # once in the path of its address, once in the name
    for file, text in texts():
        for span in manager.spans(file, text):
            assert span.match.count(span.text) == twice.get(manager.name, 1)


def test_rules_speak_of_what_is_there() -> None:
    text = "\n".join(text for _, text in texts()) + str(RENOVATE["customManagers"])
    named = {
        name.rstrip("*")
        for rule in RENOVATE["packageRules"]
        for name in [*rule.get("matchDepNames", []), *rule.get("matchPackageNames", [])]
    }
    assert [name for name in named if name not in text] == []


@pytest.mark.parametrize("lock", [file for file in FILES if re.search(r"(requirements[\w-]*|uv)\.txt$", file)])
def test_a_lock_names_its_command_as_renovate_reads_it(lock: str) -> None:
    head = re.match(r"#.*\n# +uv pip compile (.*)\n", (ROOT / lock).read_text())
    assert head
    *options, source = head[1].split()
    assert f"--output-file={lock}" in options
    assert source == f"{lock.removesuffix('.txt')}.in"
    understood = r"--(universal|generate-hashes|(python-version|constraint|output-file)=\S+)"
    assert [option for option in options if not re.fullmatch(understood, option)] == []


@pytest.mark.parametrize(
    ("name", "line", "version"),
    [
        ("pip-compile", "thing[extra]==1.2 \\", "1.2"),
        ("dockerfile", "ARG BASE=registry.example/library/python:3.13-slim", "3.13-slim"),
        ("jenkins", "git:5.10.1", "5.10.1"),
        ("npm", '  "aws-cdk": "2.1.0",', "2.1.0"),
    ],
)
def test_renovates_own_managers_are_followed(name: str, line: str, version: str) -> None:
    manager = replace(MANAGERS[0], files=["/^file$/"], matches=[BUILT_IN[name]])
    assert [span.text for span in manager.spans("file", f"{line}\n")] == [version]
    assert list(manager.spans("other", f"{line}\n")) == []
