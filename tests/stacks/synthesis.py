"""Synthesises the app as its users do: `app.py` in a process of its own, with an empty environment.

Other test folders can use it too: `from tests.stacks.synthesis import synthesise`, or the session's fixture
`synthesis` by `from tests.stacks.conftest import synthesis`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from cdk_app import Settings, build

ROOT = Path(__file__).parents[2]
PACKAGE_CACHE = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
STACKS = ("NetworkStack", "RegistryStack", "CiStack", "DataStack", "ClusterStack", "ProdStack")

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Synthesis:
    """What one run of the app has written to `directory`, and said on standard error."""

    directory: Path
    messages: str

    def path(self, stack: str) -> Path:
        return self.directory / f"{stack}.template.json"

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        return {stack: json.loads(self.path(stack).read_text("utf-8")) for stack in STACKS}

    @cached_property
    def assertions(self) -> dict[str, Template]:
        return {stack: Template.from_json(template) for stack, template in self.templates.items()}

    @cached_property
    def artifacts(self) -> dict[str, Any]:
        artifacts: dict[str, Any] = json.loads((self.directory / "manifest.json").read_text("utf-8"))["artifacts"]
        return artifacts

    def dependencies(self, stack: str) -> set[str]:
        """Return the names of the stacks that `stack` waits for."""
        return {name for name in self.artifacts[stack].get("dependencies", []) if name in STACKS}

    def resources(self, *types: str) -> Iterator[tuple[str, str, Resource]]:
        """Yield stack, logical ID and resource of every resource of the given types."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                if resource["Type"] in types:
                    yield stack, logical_id, resource

    def manifests(self) -> Iterator[dict[str, Any]]:
        """Yield every Kubernetes object that CloudFormation applies, in a placeholder's stead where AWS fills in."""
        for _, _, resource in self.resources("Custom::AWSCDK-EKS-KubernetesResource"):
            yield from json.loads(flat(resource["Properties"]["Manifest"]))


def flat(value: Any) -> str:
    """Return a string or Fn::Join as plain text, with `AWS` where CloudFormation fills in."""
    if isinstance(value, str):
        return value
    separator, parts = value["Fn::Join"]
    return str(separator).join(part if isinstance(part, str) else "AWS" for part in parts)


def run_app(directory: Path, *script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `app.py`, or another script, with `settings` and nothing else in its environment but where to find Node."""
    directory.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, *(script or ("app.py",))],
        cwd=ROOT,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "CDK_OUTDIR": str(directory / "cdk.out"),
            "CDK_CONTEXT_JSON": json.dumps(settings),
            # What jsii has unpacked once; an empty home would have it unpack 100 MB anew.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(PACKAGE_CACHE),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def synthesise(directory: Path, **settings: str) -> Synthesis:
    """Run the app under `directory` and return what it wrote; fail with its own words if it fails."""
    done = run_app(directory, **settings)
    assert done.returncode == 0, done.stderr
    return Synthesis(directory / "cdk.out", done.stderr)


def unchecked_app(directory: Path, **settings: str) -> App:
    """Return an app as app.py makes it, but in this process and without CloudFormation's rules, which take longer."""
    context = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    return App(
        context={**context, **settings},
        outdir=str(directory),
        analytics_reporting=False,
        tree_metadata=False,
        builtin_cloud_formation_validation=False,
    )


def synthesise_unchecked(directory: Path, **settings: str) -> Synthesis:
    """Write under `directory` the templates that `synthesise` writes, unchecked, in a tenth of its time."""
    app = unchecked_app(directory / "cdk.out", **settings)
    build(app, Settings.from_context(app.node.get_all_context()))
    app.synth()
    return Synthesis(directory / "cdk.out", "")
