"""The runbook names things as they are: what is pasted at three in the morning has to work."""

import json
import re
from pathlib import Path

import pytest

from cdk_app.settings import known_settings
from operations.logs import SOURCES
from tests.templates import STACKS, template

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "docs/runbook.md"
PAGES = sorted((ROOT / "docs/runbook").glob("*.md"))
OURS = [page for page in PAGES if page.name != "alarms.md"]
ALL = [ENTRY, *PAGES]

HEADINGS = ["What you see", "What to do", "How long it takes", "How you know that it worked", "Exercised by"]
WANTED = {
    "first-five-minutes",
    "deploy-failed",
    "roll-back",
    "database-restore",
    "lost-jenkins-host",
    "rotated-secret",
    "certificate",
    "cluster-upgrade",
    "region-move",
}

MADE_BY_PAGES = {"slipway-production-restored"}
TEMPLATES = "\n".join(json.dumps(template(stack)) for stack in STACKS)
SECTIONS = {name.partition(".")[0] for name, _, _ in known_settings() if "." in name}
SCENES = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests/rehearsal/scenes").glob("test_*.py"))

text = {page: page.read_text("utf-8") for page in ALL}
whole = "\n".join(text.values())


def test_there_is_a_page_for_each_of_them() -> None:
    assert {page.stem for page in OURS} == WANTED


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_is_linked_from_the_entry(page: Path) -> None:
    assert f"(runbook/{page.name})" in text[ENTRY]


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.stem)
def test_every_page_has_the_same_sections(page: Path) -> None:
    assert re.findall(r"^## (.*)$", text[page], re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.stem)
def test_every_page_says_by_which_command_it_is_exercised(page: Path) -> None:
    exercised = text[page].partition("## Exercised by\n")[2]
    assert re.search(r"`make[ \n][a-z-]+", exercised)


def test_every_scene_is_one_that_is_played() -> None:
    named = set(re.findall(r"SCENE=(\w+)", whole))
    assert len(named) > 4
    names = re.findall(r"^def (test_\w+)\(", SCENES, re.MULTILINE)
    assert [scene for scene in named if not any(scene in name for name in names)] == []


def test_every_service_has_logs() -> None:
    assert set(re.findall(r"SERVICE=([a-z-]+)", whole)) - set(SOURCES) == set()


def test_every_setting_exists() -> None:
    known = {name for name, _, _ in known_settings()}
    named = set(re.findall(rf"`\"?((?:{'|'.join(SECTIONS)})\.[a-z_]+)", whole))
    named |= set(re.findall(r"-c ([\w.]+)=", whole))
    named |= {name for name in re.findall(r"`([a-z_]+)`", whole) if name.startswith(("domain", "gate_"))}
    assert len(named) > 10
    assert named - known == set()


def test_every_output_exists() -> None:
    outputs = {name for stack in STACKS for name in template(stack).get("Outputs", {})}
    named = set(re.findall(r"\$\(output (\w+)\)", whole)) | set(re.findall(r"output `(\w+)`", whole))
    assert named >= {"WebhookSecret", "JenkinsPassword"}
    assert named - outputs == set()


def test_every_stack_exists() -> None:
    named = set(re.findall(r"\b([A-Z][a-z]+Stack)\b", whole))
    assert named - {*STACKS, "BootstrapStack"} == set()


def test_everything_that_is_called_after_the_system_exists() -> None:
    named = set(re.findall(r"(?<![\w.:/-])(slipway-[a-z][a-z-]*[a-z])", whole)) - MADE_BY_PAGES
    assert {"slipway-production", "slipway-jenkins", "slipway-jenkins-home"} <= named
    assert [name for name in named if f'"{name}"' not in TEMPLATES] == []
    parameters = set(re.findall(r"(?<![\w.:])(/slipway/[a-z/-]+)", whole))
    repositories = set(re.findall(r"--repository-name ([\w/]+)", whole))
    assert "/slipway/pods" in parameters
    assert [name for name in {*parameters, *repositories} if f'"{name}' not in TEMPLATES] == []


def test_every_logical_id_and_association_exists() -> None:
    named = set(re.findall(r"LogicalResourceId, '(\w+)'", whole))
    named |= set(re.findall(r"key=AssociationName,value=([\w-]+)", whole))
    assert len(named) > 1
    assert [name for name in named if f'"{name}' not in TEMPLATES] == []


def test_each_resource_that_a_database_is_restored_with_is_one_of_its_stack() -> None:
    named = set(re.findall(r"\$\(made (\w+)\)", whole))
    assert len(named) > 2
    resources = template("DataStack")["Resources"]
    assert [name for name in named if len([it for it in resources if it.startswith(name)]) != 1] == []


def test_every_file_exists() -> None:
    named = set(re.findall(r"(?<![\w/-])((?:ci|cdk_app|constructs|docs|services|tests)/[\w./-]*[\w-])", whole))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists() and not path.startswith("docs/runbook")] == []
