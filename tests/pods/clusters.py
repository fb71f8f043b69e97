"""A real cluster for the scenes: what it must have, what is put around the application, and taken away again."""

import ipaddress
import json
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import yaml

from k8s_charts.web_service import FEWEST
from rehearsal import RehearsalError
from rehearsal.kubectl import kubectl
from tests.pods import database
from tests.pods.release import NAMESPACE

REGISTRY, LOAD = "CLUSTER_REGISTRY", "CLUSTER_LOAD"
URL, DATABASE_URI = "CLUSTER_URL", "CLUSTER_DATABASE_URI"

_OURS = {"slipway/made-by": "make-pods"}
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
_ENTRANCE = (Path(__file__).parent / "entrance.yaml").read_text()
_NODE_PORT = 30080
_ADDRESS_SECONDS = 90.0  # in which a load balancer has an address, where one comes at all
_DNS = 9  # the cluster's DNS has the tenth address of the Services, by convention


def settings(environment: Mapping[str, str]) -> dict[str, str] | None:
    """Return what the environment says of the cluster, None where there is none to play in.

    Raises:
        RehearsalError: it contradicts itself.
    """
    given = {name: environment[name] for name in (REGISTRY, LOAD, URL, DATABASE_URI) if environment.get(name)}
    wanted = environment.get("CLUSTER", "0")
    if wanted not in {"0", "1"}:
        raise RehearsalError(
            f"CLUSTER={wanted!r} is not allowed; give 1 for the cluster that kubectl speaks to, or nothing"
        )
    if wanted == "0":
        if given:
            raise RehearsalError(f"{', '.join(given)} is for CLUSTER=1; give that, too, or none of them")
        return None
    if (REGISTRY in given) == (LOAD in given):
        raise RehearsalError(
            f"CLUSTER=1 needs either {REGISTRY} (images are pushed there) or {LOAD} (a command that takes an image's "
            "archive, such as 'kind load image-archive'), and not both"
        )
    return given


@contextmanager
def prepared() -> Iterator[None]:
    """Have the cluster ready for a release while the block runs, and leave nothing of it.

    Raises:
        RehearsalError: there is no cluster, it is too small, or something of the same name lives there.
    """
    _check_nodes()
    namespaces = (NAMESPACE, database.NAMESPACE)
    for name in namespaces:
        _check_ours(name)
    _delete(namespaces)  # what a killed run has left
    try:
        for name in namespaces:
            labels = {**_OURS, **_RESTRICTED}
            made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
            kubectl("create", "--filename=-", given=yaml.safe_dump(made))
        kubectl("create", "--filename=-", given=_ENTRANCE)
        yield
    finally:
        _delete(namespaces)


def resolver() -> str:
    """Return the address of the cluster's DNS, which is no Service where each node resolves for itself."""
    if found := kubectl(*_jsonpath("{.spec.clusterIP}"), "service/kube-dns", "--namespace=kube-system"):
        return found
    return str(ipaddress.ip_address(kubectl(*_jsonpath("{.spec.clusterIP}"), "service/kubernetes")) + _DNS)


def entrance() -> str:
    """Return the URL of the Service before the proxies: its load balancer's or, where none comes, a node's."""
    end = monotonic() + _ADDRESS_SECONDS
    while monotonic() < end:
        told = json.loads(kubectl("get", "service/entrance", f"--namespace={NAMESPACE}", "--output=json"))
        for address in told.get("status", {}).get("loadBalancer", {}).get("ingress", []):
            return f"http://{address.get('hostname') or address['ip']}:{told['spec']['ports'][0]['port']}"
        sleep(1)
    addresses = {item["type"]: item["address"] for item in _nodes()[0]["status"]["addresses"]}
    return f"http://{addresses['InternalIP']}:{_NODE_PORT}"


def delivery(given: Mapping[str, str]) -> Callable[[str], str]:
    """Return what brings an image of this machine's to the cluster and returns its name there."""
    return partial(_push, given[REGISTRY]) if REGISTRY in given else partial(_load, shlex.split(given[LOAD]))


def _push(registry: str, image: str) -> str:
    """Push an image; its name there tells its content, so that no node takes an older one of the same tag for it."""
    name = f"{registry}/{image.rpartition('/')[2]}"
    with TemporaryDirectory() as home:
        digest = Path(home) / "digest"
        _run(["podman", "push", "--quiet", f"--digestfile={digest}", image, name])
        return f"{name}@{digest.read_text().strip()}"


def _load(command: list[str], image: str) -> str:
    with TemporaryDirectory() as home:
        archive = f"{home}/image.tar"
        _run(["podman", "save", "--quiet", "--format=docker-archive", f"--output={archive}", image])
        _run([*command, archive])
    return image


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RehearsalError(f"no {command[0]} here, which {LOAD} names") from None
    if done.returncode:
        complaint = (done.stderr.strip() or "it does not say why").splitlines()[-1]
        raise RehearsalError(f"{shlex.join(command)} failed: {complaint}")


def _check_nodes() -> None:
    found = len(_nodes())
    if found < FEWEST and not _makes_nodes():
        raise RehearsalError(
            f"{found} nodes of the cluster take pods, and {FEWEST} are needed: the pods of a kind are on different ones"
        )


def _nodes() -> list[dict[str, Any]]:
    """Return the nodes that take pods."""
    told = json.loads(kubectl("get", "nodes", "--output=json", "--request-timeout=20s"))
    return [node for node in told["items"] if _takes_pods(node)]


def _takes_pods(node: Mapping[str, Any]) -> bool:
    closed = {taint["effect"] for taint in node["spec"].get("taints", [])} & {"NoSchedule", "NoExecute"}
    ready = {"type": "Ready", "status": "True"}
    conditions = node["status"].get("conditions", [])
    return (
        not closed and not node["spec"].get("unschedulable") and any(ready.items() <= it.items() for it in conditions)
    )


def _makes_nodes() -> bool:
    """Return whether nodes come as they are needed, as on EKS Auto Mode."""
    try:
        kubectl("get", "--raw", "/apis/karpenter.sh")
    except RehearsalError:
        return False
    return True


def _check_ours(namespace: str) -> None:
    told = kubectl("get", f"namespace/{namespace}", "--ignore-not-found", "--output=json")
    if told and not _OURS.items() <= json.loads(told)["metadata"].get("labels", {}).items():
        raise RehearsalError(
            f"the cluster has a namespace {namespace} that is not ours (it lacks the label slipway/made-by=make-pods); "
            "use another cluster, or delete it yourself"
        )


def _delete(namespaces: tuple[str, ...]) -> None:
    kubectl("delete", "namespace", *namespaces, "--ignore-not-found", "--timeout=300s")


def _jsonpath(expression: str) -> tuple[str, ...]:
    return ("get", "--ignore-not-found", f"--output=jsonpath={expression}")
