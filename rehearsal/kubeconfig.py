"""How to reach a cluster, as its kubeconfig says."""

from pathlib import Path
from typing import NamedTuple

import yaml


class Kubeconfig(NamedTuple):
    """How to reach the cluster: its address, the certificate to know it by, the token to sign in with."""

    server: str
    authority: str
    token: str


def read(path: Path) -> Kubeconfig:
    """Return what the file says now, of the only cluster and the only user in it."""
    told = yaml.safe_load(path.read_text())
    (cluster,), (user,) = told["clusters"], told["users"]
    authority = Path(cluster["cluster"]["certificate-authority"]).read_text()
    return Kubeconfig(cluster["cluster"]["server"], authority, user["user"]["token"])
