"""The manifests, synthesised once, as plain objects and as files."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_charts import __main__ as synthesis
from tests.charts.objects import BINDING, Objects

Manifest = dict[str, Any]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the text of every chart's file, by the file's name."""
    directory = tmp_path_factory.mktemp("manifests")
    synthesis.example(directory)
    return {path.name: path.read_text() for path in sorted(Path(directory).iterdir())}


@pytest.fixture(scope="session")
def manifests(files: dict[str, str]) -> list[Manifest]:
    """Return every object of every chart."""
    return [manifest for text in files.values() for manifest in yaml.safe_load_all(text)]


@pytest.fixture
def objects(manifests: list[Manifest]) -> Objects:
    """Every object by kind and name without its hash, for a test to break."""
    return {
        (item["kind"], re.sub("-([0-9a-f]{10}|example)$", "", item["metadata"]["name"])): copy.deepcopy(item)
        for item in [*manifests, BINDING]
    }
