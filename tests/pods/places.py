"""Where the scenes are played: on this machine's node, or, with CLUSTER=1, in the cluster that kubectl speaks to."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from k8s_charts import nginx
from k8s_charts.network import Network
from rehearsal import mariadb
from rehearsal.cluster import Cluster
from rehearsal.kubectl import Kubectl
from rehearsal.mariadb import MariaDB
from rehearsal.node import Node
from rehearsal.node.podman import Podman
from tests.pods import clusters
from tests.pods.database import Database, DatabasePod
from tests.pods.release import NAMESPACE, Surroundings

_EVERYWHERE = ["0.0.0.0/0"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A cluster, and what is around it.

    Attributes:
        cluster: the cluster.
        surroundings: what the charts are told of it.
        database: the database, where it is ours to stop.
        publish: brings an image of this machine's to where the cluster finds it, and returns its name there.
        keeps_connections: whether users may keep connections: the entrance passes on single requests.
    """

    cluster: Cluster
    surroundings: Surroundings
    database: Database | None
    publish: Callable[[str], str]
    keeps_connections: bool


@contextmanager
def place() -> Iterator[Place]:
    """Yield the place that the environment asks for.

    Raises:
        RehearsalError: it is none to play in.
    """
    given = clusters.settings(os.environ)
    with _here() if given is None else _in_a_cluster(given) as found:
        yield found


@contextmanager
def _here() -> Iterator[Place]:
    """Yield a node, and a MariaDB that pods reach, and nobody beyond this machine."""
    if not mariadb.available():
        pytest.skip(mariadb.MISSING)
    with (
        Node(Podman("pods")) as node,
        TemporaryDirectory() as home,
        MariaDB(Path(home), options=[f"--bind-address={node.address}"]) as database,
    ):
        database.sql("CREATE USER application@'%' IDENTIFIED BY 'secret'; GRANT ALL ON users.* TO application@'%'")
        uri = f"mysql+pymysql://application:secret@{node.address}:{database.port}/users?charset=utf8mb4"
        network = Network(resolver=node.address, entrances=[node.subnet], databases=[f"{node.address}/32"])
        node.expose("proxy", port=nginx.PORT, health_path="/healthz")
        yield Place(
            cluster=node,
            surroundings=Surroundings(uri, network),
            database=database,
            publish=lambda image: image,
            keeps_connections=True,
        )


@contextmanager
def _in_a_cluster(given: Mapping[str, str]) -> Iterator[Place]:
    """Yield the cluster that kubectl speaks to; what the settings do not give is put there for the while.

    Its entrance passes on connections, not requests: one that is kept would end with the pod that it leads to.
    """
    with clusters.prepared():
        network = Network(resolver=clusters.resolver(), entrances=_EVERYWHERE, databases=_EVERYWHERE)
        database = None if clusters.DATABASE_URI in given else DatabasePod()
        yield Place(
            cluster=Kubectl(namespace=NAMESPACE, url=given.get(clusters.URL) or clusters.entrance()),
            surroundings=Surroundings(database.uri if database else given[clusters.DATABASE_URI], network),
            database=database,
            publish=clusters.delivery(given),
            keeps_connections=False,
        )
