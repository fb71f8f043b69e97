"""The type checker reads every CDK module that we use: one that is not listed would count as untyped, silently."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "cdk_app", "constructs/slipway", "k8s_charts", "rehearsal", "tests")
UNTYPED = {"aws_cdk.lambda_layer_kubectl_v36"}  # not part of the CDK's package


def test_the_type_checker_reads_every_module_of_the_cdk_that_is_imported() -> None:
    paths = [ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
    text = "\n".join(path.read_text() for path in paths)
    imported = {f"aws_cdk.{name}" for name in re.findall(r"^from aws_cdk import (aws_\w+)", text, re.MULTILINE)}
    imported |= set(re.findall(r"^from (aws_cdk\.\w+) import", text, re.MULTILINE))
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    read = {name for entry in overrides if entry.get("follow_imports") == "normal" for name in entry["module"]}
    assert imported
    assert imported - UNTYPED <= read
