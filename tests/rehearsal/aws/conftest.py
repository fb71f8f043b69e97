"""An AWS on this machine, behind which a cluster and databases do nothing but remember."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from rehearsal import RehearsalError
from rehearsal.aws import databases
from rehearsal.aws.client import connect
from rehearsal.aws.databases import Address
from rehearsal.aws.emulator import Emulator
from rehearsal.aws.sign_in import EksSignIn
from rehearsal.node import Node
from rehearsal.node.api import Api
from tests.rehearsal.aws.stack import Stack

ROOT = Path(__file__).parents[3]
CLUSTER = "slipway"
_PODS = 3


@dataclass
class RecordingNode:
    """A node that runs everything at once and for ever, or fails every Job.

    Attributes:
        kept: the objects that it has, by kind and name.
        failing: why Jobs fail; nothing if they succeed.
    """

    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    failing: str = ""

    def apply(self, given: Iterable[Mapping[str, Any]]) -> None:
        for item in given:
            self.kept[item["kind"], item["metadata"]["name"]] = dict(item)

    def delete(self, given: Iterable[Mapping[str, Any]]) -> None:
        for item in given:
            del self.kept[item["kind"], item["metadata"]["name"]]

    def objects(self, kind: str) -> list[dict[str, Any]]:
        return [item | self._state(kind, item) for (other, _), item in self.kept.items() if other == kind]

    def _state(self, kind: str, item: dict[str, Any]) -> dict[str, Any]:
        if kind == "Job":
            verdict = {"type": "Failed", "message": self.failing} if self.failing else {"type": "Complete"}
            labels = {"matchLabels": {"job": item["metadata"]["name"]}}
            return {
                "spec": {**item["spec"], "selector": labels},
                "status": {"conditions": [{**verdict, "status": "True"}]},
            }
        if kind == "Deployment":
            counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), _PODS)
            return {
                "metadata": {**item["metadata"], "generation": 1},
                "spec": {**item["spec"], "replicas": _PODS},
                "status": {"observedGeneration": 1, **counts},
            }
        return {}


@dataclass
class RecordingDatabases:
    """Databases that nobody runs.

    Attributes:
        kept: the masters' passwords, by identifier.
        broken: why none can be made; nothing if they can.
    """

    kept: dict[str, str] = field(default_factory=dict)
    broken: str = ""

    def create(self, identifier: str, *, user: str, password: str) -> Address:
        assert user == "master"
        if self.broken:
            raise RehearsalError(self.broken)
        self.kept[identifier] = password
        return Address(f"{identifier}.test", 3306)

    def delete(self, identifier: str) -> None:
        self.kept.pop(identifier, None)


@dataclass(frozen=True)
class Aws:
    """The emulator and what stands behind it."""

    emulator: Emulator
    node: RecordingNode
    databases: RecordingDatabases
    sign_in: EksSignIn

    def client(self, service: str) -> Any:
        """Return a client as everybody makes one."""
        return connect(self.emulator.client_environment)(service)

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CDK as a person does."""
        return subprocess.run(
            ["cdk", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.emulator.client_environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """Yield an AWS in which there is nothing."""
    home = tmp_path_factory.mktemp("an aws")
    node, kept = RecordingNode(), RecordingDatabases()
    judges: list[EksSignIn] = []  # made last: it asks the emulator, which asks the cluster

    def admits(token: str) -> bool:
        return judges[0].admits(token)

    with Api(cast("Node", node), admits=admits) as api, databases.serve(kept) as url:
        api.write_kubeconfig(home / "kubeconfig")
        with Emulator(home, kubeconfig=home / "kubeconfig", databases=url) as emulator:
            judges.append(EksSignIn(CLUSTER, emulator.client_environment))
            yield Aws(emulator, node, kept, judges[0])


@pytest.fixture
def stack(aws: Aws, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Yield a stack of this test's, with nothing in it; it is deleted in the end, and nothing is left of it."""
    stack = Stack(aws.client("cloudformation"), request.node.originalname.replace("_", "-"))
    yield stack
    stack.delete()
