"""The stacks come out of the repository alone: no account, no network, no environment, nothing of the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.synthesis import PACKAGE_CACHE, ROOT, STACKS, Synthesis

WRITTEN = [f"{stack}.{kind}.json" for stack in STACKS for kind in ("template", "assets")]


@pytest.fixture(scope="module")
def without_network() -> list[str]:
    """The command before a command that gives it a network of its own, with nothing in it; ordinary users may, too."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            break
    pytest.skip("no namespace without a network can be made here: it takes Linux, util-linux and leave to unshare")


@pytest.mark.full
def test_the_namespace_has_no_network(without_network: list[str]) -> None:
    interfaces = subprocess.run([*without_network, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True)
    assert [line.split(":")[0].strip() for line in interfaces.stdout.splitlines()[2:]] == ["lo"]


@pytest.mark.full
def test_a_second_run_without_network_and_environment_writes_the_same_bytes(
    synthesis: Synthesis, without_network: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".cache/aws/jsii").mkdir(parents=True)
    (tmp_path / ".cache/aws/jsii/package-cache").symlink_to(PACKAGE_CACHE)  # unpacked once, for all runs
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    again = subprocess.run(
        [*without_network, sys.executable, str(ROOT / "app.py")],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    different = [
        name
        for name in WRITTEN
        if (synthesis.directory / name).read_bytes() != (tmp_path / "cdk.out" / name).read_bytes()
    ]
    assert different == []


def test_nothing_is_looked_up(synthesis: Synthesis) -> None:
    manifest = (synthesis.directory / "manifest.json").read_text("utf-8")
    assert '"missing"' not in manifest
    environments = {synthesis.artifacts[stack]["environment"] for stack in STACKS}
    assert environments == {"aws://unknown-account/unknown-region"}
