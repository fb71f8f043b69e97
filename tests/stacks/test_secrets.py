"""No secret stands in what CloudFormation and the CDK's CLI are given: templates, metadata and assets."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.repository.plants import PLANTS
from tests.repository.scanner import Scan, files_below, kept, scan
from tests.stacks.synthesis import ROOT, Synthesis, flat


@pytest.fixture(scope="module")
def synthesised(synthesis: Synthesis, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    directory = tmp_path_factory.mktemp("secrets")
    # archives are the layers of the CDK itself, which come out of hash-locked packages
    shutil.copytree(synthesis.directory, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.zip"))
    unfold(directory)
    looked_into = {(ROOT / path).read_bytes() for path in kept(ROOT)}  # with the working tree
    return scan(
        directory, [path for path in files_below(directory) if (directory / path).read_bytes() not in looked_into]
    )


def unfold(directory: Path) -> None:
    """Write each text that a template holds, such as a manifest or a script, to a file of its own, unquoted."""
    for path in directory.glob("*.template.json"):
        for number, text in enumerate(_texts(json.loads(path.read_text("utf-8")))):
            path.with_suffix(f".{number}.txt").write_text(text, "utf-8")


def _texts(value: Any) -> Iterator[str]:
    """Yield every string with quotes or several lines in a template."""
    if isinstance(value, dict):
        value = [flat(value)] if set(value) == {"Fn::Join"} else [*value.values()]
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and ('"' in value or "\n" in value):
        yield value


def kinds(directory: Path) -> set[str]:
    unfold(directory)
    return {finding.kind for finding in scan(directory, files_below(directory)).secrets}


def test_what_is_synthesised_holds_no_secret(synthesised: Scan) -> None:
    assert synthesised.secrets == [], synthesised.report()


def test_every_exception_is_still_needed(synthesised: Scan) -> None:
    assert synthesised.unused("synthesis") == []


@pytest.mark.parametrize(
    "properties",
    [
        dict(enumerate(PLANTS.values())),
        {"Manifest": json.dumps([{"kind": "Secret", "data": dict(enumerate(PLANTS.values()))}])},
        {"Script": {"Fn::Join": ["", ["set -e\n", *(f"login '{text}'\n" for text in PLANTS.values())]]}},
    ],
    ids=["property", "manifest", "script"],
)
def test_a_secret_in_a_template_is_found(synthesis: Synthesis, properties: dict[str, Any], tmp_path: Path) -> None:
    template = json.loads(synthesis.path("RegistryStack").read_text("utf-8"))
    template["Resources"]["Planted"] = {"Properties": properties}
    (tmp_path / "RegistryStack.template.json").write_text(json.dumps(template, indent=1))
    assert kinds(tmp_path) >= set(PLANTS)


def test_a_secret_in_an_asset_is_found(synthesis: Synthesis, tmp_path: Path) -> None:
    (playbooks,) = synthesis.directory.glob("asset.*/site.yml")
    (tmp_path / playbooks.parent.name).mkdir()
    (tmp_path / playbooks.parent.name / "vars.json").write_text(json.dumps(dict(enumerate(PLANTS.values()))))
    assert kinds(tmp_path) >= set(PLANTS)
