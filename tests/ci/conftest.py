"""What the tests of the pipeline's scripts begin with: a clone to run them in, and what answers them over HTTP."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagrams.jenkinsfile import Node, read
from tests.ci.server import Server, aws_at, serve
from tests.ci.workplace import Workplace, commit, git

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture(scope="session")
def trees() -> dict[str, Node]:
    """The Jenkinsfile, as each kind of build finds it."""
    if shutil.which("groovy") is None:
        pytest.skip("no Groovy here: apt-get install groovy")
    return read()


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the scripts and what they read, made once; every workplace is a copy of it."""
    return commit(tmp_path_factory.mktemp("committed"), "ci", "board")


@pytest.fixture
def workplace(tmp_path: Path, committed: Path) -> Workplace:
    root = tmp_path / "clone"
    shutil.copytree(committed, root)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "stand_in.py").write_text(f"#!{sys.executable} -IS\n{STAND_IN.read_text()}")
    (tools / "stand_in.py").chmod(0o755)
    for name in ("docker", "skopeo", "cdk", "make"):
        (tools / name).symlink_to("stand_in.py")
    place = Workplace(root, tools, commit=git(root, "rev-parse", "HEAD"))
    place.order()
    place.registry = {}
    return place


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def aws(server: Server) -> dict[str, str]:
    return aws_at(server)
