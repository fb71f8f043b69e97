"""Where the scenes are played: on this machine's node, or, with CLUSTER=1, in the cluster that kubectl speaks to."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from k8s_charts import Network, proxy
from rehearsal import mariadb
from rehearsal.cluster import Cluster
from rehearsal.kubectl import Kubectl
from rehearsal.mariadb import MariaDB
from rehearsal.node import Node
from tests.pods.release import NAMESPACE, Surroundings

_EVERYWHERE = ["0.0.0.0/0"]


@dataclass(frozen=True)
class Place:
    """A cluster, and what is around it.

    Attributes:
        cluster: the cluster.
        surroundings: what the charts are told of it.
        database: the database, where it is ours to stop.
        registry: where images must lie for the cluster to find them; None where they are at hand.
    """

    cluster: Cluster
    surroundings: Surroundings
    database: MariaDB | None = None
    registry: str | None = None

    def publish(self, image: str) -> str:
        """Return the name by which the cluster gets an image of this machine's."""
        if self.registry is None:
            return image
        name = f"{self.registry}/{image.rpartition('/')[2]}"
        subprocess.run(["podman", "push", "--quiet", image, name], check=True)
        return name


@contextmanager
def place() -> Iterator[Place]:
    """Yield the place that the environment asks for."""
    if os.environ.get("CLUSTER") == "1":
        yield _in_a_cluster()
        return
    with _here() as found:
        yield found


@contextmanager
def _here() -> Iterator[Place]:
    """Yield a node, and a MariaDB that pods reach, and nobody beyond this machine."""
    if not mariadb.available():
        pytest.skip(mariadb.MISSING)
    with (
        Node("pods") as node,
        TemporaryDirectory() as home,
        MariaDB(Path(home), options=[f"--bind-address={node.address}"]) as database,
    ):
        database.sql("CREATE USER application@'%' IDENTIFIED BY 'secret'; GRANT ALL ON users.* TO application@'%'")
        uri = f"mysql+pymysql://application:secret@{node.address}:{database.port}/users?charset=utf8mb4"
        network = Network(resolver=node.address, entrances=[node.subnet], databases=[f"{node.address}/32"])
        node.expose("proxy", port=proxy.PORT, health_path="/healthz")
        yield Place(node, Surroundings(uri, network), database)


def _in_a_cluster() -> Place:
    """Return the cluster that kubectl speaks to; what it cannot tell by itself the environment does."""
    cluster = Kubectl(namespace=NAMESPACE, url=os.environ["CLUSTER_URL"])
    network = Network(resolver=cluster.resolver(), entrances=_EVERYWHERE, databases=_EVERYWHERE)
    surroundings = Surroundings(os.environ["CLUSTER_DATABASE_URI"], network)
    return Place(cluster, surroundings, registry=os.environ["CLUSTER_REGISTRY"])
