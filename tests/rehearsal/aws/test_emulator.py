"""The emulator is the one that rehearsal/aws/resources was written for, and speaks to this machine alone."""

import ast
import json
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from rehearsal import RehearsalError
from rehearsal.aws import emulator
from tests.rehearsal.aws.conftest import ROOT, Aws

pytestmark = pytest.mark.full

RESOURCES = ROOT / "rehearsal" / "aws" / "resources"
KNOWN = "1.5.33"

LOOK = """
import json, sys
from importlib import import_module
from importlib.metadata import version
from ministack.services.cloudformation import provisioners
before = set(provisioners._RESOURCE_HANDLERS)
from rehearsal.aws.resources.__main__ import TYPES, WRAPPED
missing = [f"{module}.{name}" for module, name in json.loads(sys.argv[1]) if not hasattr(import_module(module), name)]
print(json.dumps({
    "version": version("ministack"),
    "missing": missing,
    "new": sorted(before & set(TYPES)),
    "gone": sorted(set(WRAPPED) - before),
}))
"""


def used() -> set[tuple[str, str]]:
    """Return every name of the emulator's that our extension uses, with the module that it is of."""
    found = set()
    for file in RESOURCES.glob("*.py"):
        tree = ast.parse(file.read_text())
        modules: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ministack"):
                modules |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add((modules[node.value.id], node.attr))
    return found


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What the emulator's own Python says of it."""
    done = subprocess.run(
        [emulator.install(), "-c", LOOK, json.dumps(sorted(used()))],
        env={"PYTHONPATH": str(ROOT), "GATEWAY_PORT": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_version_is_the_one_that_was_read(seen: dict[str, Any]) -> None:
    assert seen["version"] == KNOWN, "read what has changed in what rehearsal/aws/resources uses, then change KNOWN"


def test_everything_private_that_is_used_is_still_there(seen: dict[str, Any]) -> None:
    assert ("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS") in used()
    assert seen["missing"] == []


def test_no_type_of_ours_has_become_the_emulators(seen: dict[str, Any]) -> None:
    assert seen["new"] == [], "the emulator has these now: delete ours, if its own are good"


def test_what_is_wrapped_is_there(seen: dict[str, Any]) -> None:
    assert seen["gone"] == []


def test_nothing_listens_to_other_machines(aws: Aws) -> None:
    listening = [at.laddr for at in psutil.net_connections("tcp") if at.status == psutil.CONN_LISTEN]
    port = urlsplit(aws.emulator.url).port
    assert [host for host, number in (tuple(at) for at in listening) if number == port] == ["127.0.0.1"]


def test_its_state_goes_with_it(tmp_path: Path) -> None:
    one = emulator.Emulator(tmp_path, kubeconfig=tmp_path / "none", databases="http://127.0.0.1:1")
    with one:
        (running,) = [process for process in psutil.process_iter() if _port(process) == str(urlsplit(one.url).port)]
    assert not running.is_running()
    assert not (tmp_path / "tmp").exists()


def test_another_emulator_is_not_taken_for_this_one(aws: Aws, tmp_path: Path) -> None:
    port = urlsplit(aws.emulator.url).port
    other = emulator.Emulator(tmp_path, kubeconfig=tmp_path / "none", databases="http://127.0.0.1:1", port=port)
    with pytest.raises(RehearsalError, match=f"another emulator answers at http://127.0.0.1:{port}"), other:
        pass
    assert aws.client("ec2").describe_vpcs()["Vpcs"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = emulator.Emulator(tmp_path, kubeconfig=tmp_path / "none", databases="http://127.0.0.1:1", port=port)
        with pytest.raises(RehearsalError, match=f"127.0.0.1:{port} is already in use"), other:
            pass


def _port(process: psutil.Process) -> str:
    try:
        return process.environ().get("GATEWAY_PORT", "")
    except psutil.Error:
        return ""
