"""What stops a deployment to this machine before it begins. What it does when it goes on is in scenes/."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.clones import Clone, copied

pytestmark = pytest.mark.full


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """Yield a copy of the repository, in a folder whose name has a space."""
    with copied(tmp_path / "a clone") as clone:
        yield clone


def test_a_taken_port_is_one_clear_line(clone: Clone) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", clone.port))
        taken.listen()
        result = clone.up()
    assert result.returncode == 1
    assert result.stderr == f"slipway: port {clone.port} is taken; choose another: make up PORT={clone.port + 1}\n"
    assert clone.processes() == set()


@pytest.mark.parametrize("port", ["", "web", "0", "65536"])
def test_a_port_that_is_none_is_one_clear_line(clone: Clone, port: str) -> None:
    result = clone.run("up", "--port", port)
    assert result.returncode == 1
    assert result.stderr == f"slipway: PORT={port}: allowed is a number from 1 to 65535\n"


def test_pods_of_another_kind_are_one_clear_line(clone: Clone) -> None:
    result = clone.run("up", "--pods", "docker")
    assert result.returncode == 1
    assert result.stderr == "slipway: PODS=docker: allowed are processes and podman\n"


def test_a_stack_that_does_not_synthesise_stops_before_anything_is_deployed(clone: Clone) -> None:
    (clone.path / "app.py").write_text("raise SystemExit('this stack is broken')\n")
    result = clone.up()
    assert result.returncode == 1
    assert "slipway: the stacks do not synthesise" in result.stderr
    assert "this stack is broken" in result.stderr
    assert clone.run("down").returncode == 0
    assert clone.processes() == set()
