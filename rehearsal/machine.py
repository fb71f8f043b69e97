"""What stands behind the rehearsal, in the background: AWS, the cluster's node and the databases.

`python -m rehearsal.machine --port 8080 --pods processes` runs until it is told to end; `rehearsal.background` starts
it and finds it.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Self

from k8s_charts import nginx
from rehearsal import ROOT, STATE, RehearsalError, container_images, databases, images
from rehearsal.aws import REGION
from rehearsal.aws import databases as database_service
from rehearsal.aws.emulator import SIGNING_KEY, Emulator
from rehearsal.aws.sign_in import EksSignIn
from rehearsal.databases import Files, Servers
from rehearsal.environment import marked
from rehearsal.node import Node
from rehearsal.node.api import Api
from rehearsal.node.engine import Engine
from rehearsal.node.podman import Given, Podman
from rehearsal.node.processes import Processes

PROCESSES, PODMAN = "processes", "podman"
"""What pods can be."""

KUBECONFIG = STATE / "kubeconfig"
IMAGES = STATE / "images"
_PODS = STATE / "pods"
AWS = STATE / "aws"
DATABASES = STATE / "databases"
_CLUSTER = "slipway"
_HEALTH = "/healthz"
_ENGINE = "up"
_FILE = STATE / "machine.json"


@dataclass(frozen=True)
class Description:
    """What others need to know of a machine that runs.

    Attributes:
        pid: its process.
        port: where the proxy listens, on 127.0.0.1.
        pods: what they are, PROCESSES or PODMAN.
        database: what the databases are.
        aws: what a client of its AWS has to find in its environment.
        code: what tells the code that it runs from every other.
    """

    pid: int
    port: int
    pods: str
    database: str
    aws: dict[str, str]
    code: str

    @property
    def url(self) -> str:
        """Where users find the application."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def read(cls) -> Self | None:
        """Return that of this clone's machine; None if it is not up."""
        try:
            return cls(**json.loads(_FILE.read_text()))
        except FileNotFoundError:
            return None

    def write(self) -> None:
        """Tell it, whole or not at all; only this user may read it."""
        unfinished = _FILE.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(asdict(self), indent=2))
        unfinished.rename(_FILE)

    @staticmethod
    def remove() -> None:
        """Say that there is no machine."""
        _FILE.unlink(missing_ok=True)


def code() -> str:
    """Return what tells the rehearsal's own code, as it stands now, from every other."""
    digest = sha256()
    for path in sorted((ROOT / "rehearsal").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def running(port: int, pods: str) -> Iterator[Description]:
    """Run everything but what CloudFormation is to make, with the application on 127.0.0.1:`port` once there is one.

    Args:
        port: a port that nobody listens on.
        pods: what they are, PROCESSES or PODMAN.

    Raises:
        RehearsalError: something does not start; nothing is left running.
    """
    version = code()
    missing = databases.what_is_missing()
    judges: list[EksSignIn] = []  # made last: it asks the emulator, which asks the cluster

    def admits(token: str) -> bool:
        return any(judge.admits(token) for judge in judges)

    def addresses() -> Iterator[str]:
        yield from engine.addresses()  # which is made below, and asked later

    if missing and pods == PODMAN:
        raise RehearsalError(f"pods in containers need a database that they reach: {missing}")
    kept: Files | Servers = (
        Files(DATABASES) if missing else Servers(DATABASES, addresses=addresses(), key=SIGNING_KEY, region=REGION)
    )
    with ExitStack() as stack:
        stack.enter_context(kept)
        url = stack.enter_context(database_service.serve(kept))
        emulator = Emulator(AWS, kubeconfig=KUBECONFIG, databases=url)
        aws = emulator.client_environment
        engine = _containers(aws, kept.settings) if pods == PODMAN else _processes(port, {**aws, **kept.settings})
        node = stack.enter_context(Node(engine))
        stack.enter_context(Api(node, admits=admits)).write_kubeconfig(KUBECONFIG)
        stack.enter_context(emulator)
        if pods == PODMAN:
            node.lead(emulator.port)
            node.expose("proxy", port=nginx.PORT, health_path=_HEALTH, listen=port)
        judges.append(EksSignIn(_CLUSTER, aws))
        database = f"an SQLite file ({missing})" if missing else "MariaDB"
        yield Description(os.getpid(), port, pods, database, aws, version)


def clear(killed: Description) -> None:
    """Remove what a machine that was killed has left in its engine.

    Raises:
        RehearsalError: the engine refuses.
    """
    if killed.pods == PODMAN:
        asyncio.run(Podman(_ENGINE).close())


def _processes(port: int, environment: Mapping[str, str]) -> Engine:
    """Return pods as processes, of which the proxy's is the entrance."""
    return Processes(
        _PODS,
        folder=lambda image: images.folder(IMAGES, image),
        ports={("proxy", nginx.PORT): port},
        environment={**environment, **marked()},
    )


def _containers(aws: Mapping[str, str], settings: Mapping[str, str]) -> Engine:
    """Return pods in containers, which reach AWS and the databases at this machine's address on their network."""

    def environment(address: str) -> dict[str, str]:
        reached = {name: value.replace("127.0.0.1", address) for name, value in aws.items()}
        return {**reached, **settings, **marked()}

    files = {path: Path(path) for path in settings.values()}
    return Podman(_ENGINE, Given(environment=environment, files=files, image=container_images.stand_in))


def main() -> int:
    """Run until told to end; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.machine", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pods", choices=[PROCESSES, PODMAN], required=True)
    given = parser.parse_args()
    os.chdir(ROOT)
    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        with running(given.port, given.pods) as description:
            description.write()
            try:
                ending.wait()
            finally:
                Description.remove()
    except RehearsalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
