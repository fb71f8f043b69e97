"""Podman, as far as a node needs it: a network, pods on it, and what happens in their containers."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Network
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any

import yaml

from k8s_charts import nginx
from rehearsal import ROOT, RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node import template
from rehearsal.node.engine import LOG_LINES, Find, Running

MISSING = "no Podman here: apt-get install podman netavark aardvark-dns catatonit"
"""Why there are no containers, and how to get them."""

_LABEL = "slipway.node"
_RESOLVER = re.compile(r"^(\s*resolver )[\d.]+", re.MULTILINE)


async def podman(*arguments: str, given: str = "") -> str:
    """Run Podman and return what it prints.

    Raises:
        RehearsalError: there is none, or it refused.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "podman", *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )  # in a session of its own: a terminal's Ctrl-C is for whoever uses the node
    except FileNotFoundError:
        raise RehearsalError(MISSING) from None
    out, complaint = await process.communicate(given.encode())
    if process.returncode:
        raise RehearsalError(f"podman {' '.join(arguments)} failed: {complaint.decode(errors='replace').strip()}")
    return out.decode(errors="replace").strip()


@dataclass(frozen=True)
class Given:
    """What this machine gives every pod on top of what the manifests say.

    Attributes:
        environment: returns variables, which win over those of the manifests, when this machine's address is known.
        files: what is mounted, read only: files of this machine's by their paths in the pod.
        image: returns the image that stands here for the one of that name.
    """

    environment: Callable[[str], Mapping[str, str]] = lambda _: {}
    files: Mapping[str, Path] = field(default_factory=dict)
    image: Callable[[str], str] = str


class Podman:
    """Pods on a network of their own, all marked with its name.

    Args:
        name: what tells it from other engines of this clone.
        given: what every pod gets on top of what the manifests say.
    """

    asks_dns = True
    most_pods = None

    def __init__(self, name: str, given: Given | None = None) -> None:
        self._given = given or Given()
        self._name = f"slipway-{name}-{sha256(str(ROOT).encode()).hexdigest()[:6]}"
        self._address = self._subnet = self._interface = ""
        self._pods: dict[str, dict[str, Any]] = {}

    @property
    def address(self) -> str:
        """This machine's address on the network."""
        return self._address

    @property
    def subnet(self) -> str:
        """The addresses of all pods."""
        return self._subnet

    def addresses(self) -> Iterator[str]:
        """Yield this machine's address on the network, and then others that it is given there.

        Raises:
            RehearsalError: it is given none.
        """
        yield self._address
        for address in reversed(list(IPv4Network(self._subnet).hosts())):
            _ip("address", "add", f"{address}/32", "dev", self._interface)
            yield str(address)

    async def open(self) -> None:
        """Make the network, after having removed what a killed run has left.

        Raises:
            RehearsalError: there is no Podman, or this user may not make a network that the machine reaches.
        """
        if os.geteuid() != 0:
            raise RehearsalError("containers that this machine reaches need root; run it with sudo")
        await self.close()
        await podman("network", "create", "--disable-dns", f"--label={_LABEL}={self._name}", self._name)
        (network,) = json.loads(await podman("network", "inspect", self._name))
        self._address, self._subnet = network["subnets"][0]["gateway"], network["subnets"][0]["subnet"]
        self._interface = network["network_interface"]
        # The machine has an address on the network only while a pod is there: one that does nothing.
        await podman("pod", "create", f"--network={self._name}", f"--label={_LABEL}={self._name}", self._name)
        await podman("pod", "start", self._name)
        self._keep_link_address()

    def _keep_link_address(self) -> None:
        """Have the network's bridge keep its link-layer address, which else is that of the lowest of its pods' links.

        With each change of it pods would for seconds reach none of `addresses` but the first: they learn of the new
        one by what this machine sends from there.
        """
        address = Path("/sys/class/net", self._interface, "address").read_text().strip()
        _ip("link", "set", "dev", self._interface, "address", address)

    async def close(self) -> None:
        """Remove every pod, volume and network that carries the node's name."""
        mark = f"--filter=label={_LABEL}={self._name}"
        if pods := (await podman("pod", "ps", "--quiet", "--no-trunc", mark)).split():
            await podman("pod", "rm", "--force", "--time=0", *pods)
        volumes = (await podman("volume", "ls", "--quiet", f"--filter=name=^{self._name}-")).split()
        if volumes:
            await podman("volume", "rm", "--force", *volumes)
        if (await podman("network", "ls", "--quiet", mark)).split():
            await podman("network", "rm", "--force", self._name)

    def adapt(self, manifest: Manifest) -> Manifest:
        """Return the object, with NGINX asking the DNS that is here, wherever the cluster's is."""
        if manifest["kind"] != "ConfigMap" or nginx.FILE not in manifest["data"]:
            return manifest
        text = _RESOLVER.sub(rf"\g<1>{self._address}", manifest["data"][nginx.FILE])
        return {**manifest, "data": {**manifest["data"], nginx.FILE: text}}

    async def start(self, pod: Manifest, found: Find) -> None:
        """Start a pod with Podman's reading of Kubernetes' manifests; its ConfigMaps and volumes are its own."""
        name = self._here(pod["metadata"]["name"])
        told, config_maps = template.for_podman(name, pod, found, self.address)
        self._give(told)
        self._pods[pod["metadata"]["name"]] = told
        told["metadata"]["labels"] |= {_LABEL: self._name}
        for volume in told["spec"].get("volumes", []):
            if volume.get("emptyDir", {}).get("medium") == "Memory":
                # Podman knows no medium, but takes a volume of that name which is there already
                blocks = _blocks(volume["emptyDir"]["sizeLimit"])
                options = ("--opt=type=tmpfs", "--opt=device=tmpfs", f"--opt=o=nr_blocks={blocks},mode=1777")
                await podman("volume", "create", *options, volume["name"])
        await podman("kube", "play", f"--network={self._name}", "-", given=yaml.safe_dump_all([*config_maps, told]))
        # Podman would stop a pod, and give it another address, whenever its last container ends.
        await podman("run", "--detach", f"--pod={name}", f"--name={name}-sandbox", await self._pause(name))

    def _give(self, told: dict[str, Any]) -> None:
        """Put into a pod what this machine gives it."""
        (container,) = told["spec"]["containers"]
        container["image"] = self._given.image(container["image"])
        variables = {entry["name"]: entry for entry in container["env"]}
        for name, value in self._given.environment(self.address).items():
            variables[name] = {"name": name, "value": value}
        container["env"] = list(variables.values())
        for number, (path, file) in enumerate(self._given.files.items()):
            volume = f"{told['metadata']['name']}-given-{number}"
            told["spec"].setdefault("volumes", []).append({"name": volume, "hostPath": {"path": str(file.absolute())}})
            container.setdefault("volumeMounts", []).append({"name": volume, "mountPath": path, "readOnly": True})

    async def _pause(self, pod: str) -> str:
        """Return the image that holds a pod's network; it does nothing."""
        infra = await podman("pod", "inspect", "--format={{.InfraContainerID}}", pod)
        return await podman("inspect", "--type=container", "--format={{.ImageName}}", infra)

    async def remove(self, pod: str) -> None:
        """Remove a pod, dead or alive, and its volumes; nothing happens if there is none."""
        if (told := self._pods.pop(pod, None)) is None:
            return
        await podman("pod", "rm", "--force", "--ignore", "--time=0", told["metadata"]["name"])
        for volume in told["spec"].get("volumes", []):
            if "hostPath" in volume:
                continue
            name = volume["configMap"]["name"] if "configMap" in volume else volume["name"]
            await podman("volume", "rm", "--force", name)

    async def running(self, pod: str) -> Running:
        """Return where a pod's container runs; its process is 0 if it has ended."""
        (state,) = json.loads(await podman("inspect", "--type=container", self._container(pod)))
        infra = await podman("pod", "inspect", "--format={{.InfraContainerID}}", self._here(pod))
        (sandbox,) = json.loads(await podman("inspect", "--type=container", infra))
        return Running(state["State"]["Pid"], sandbox["NetworkSettings"]["Networks"][self._name]["IPAddress"])

    async def exit_code(self, pod: str) -> int:
        """Wait until a pod's container has ended, and return its exit code."""
        return int(await podman("wait", "--interval=200ms", self._container(pod)))

    async def restart(self, pod: str) -> None:
        """Start a container that has ended once more, in its pod."""
        await podman("start", self._container(pod))

    async def stop(self, pod: str, grace: float) -> None:
        """Send the signal that the image asks for, and after `grace` seconds kill what still runs."""
        await podman("stop", "--ignore", f"--time={max(0, round(grace))}", self._container(pod))

    async def execute(self, pod: str, command: Sequence[str]) -> None:
        """Run a command in a pod to its end; what comes of it does not matter, as Kubernetes has it."""
        process = await asyncio.create_subprocess_exec(
            "podman", "exec", self._container(pod), *command, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        await process.wait()

    async def logs(self, pod: str, lines: int = LOG_LINES) -> str:
        """Return the last lines of what a pod has said."""
        process = await asyncio.create_subprocess_exec(
            *("podman", "logs", f"--tail={lines}", self._container(pod)),
            stdout=PIPE,
            stderr=STDOUT,  # where Podman passes on what the container said there
            start_new_session=True,
        )
        said, _ = await process.communicate()
        return said.decode(errors="replace").strip()

    def _here(self, pod: str) -> str:
        """Return what a pod is called here, where other nodes may run."""
        return f"{self._name}-{pod}"

    def _container(self, pod: str) -> str:
        (container,) = (one["name"] for one in self._pods[pod]["spec"]["containers"])
        return f"{self._here(pod)}-{container}"


def _ip(*arguments: str) -> None:
    """Change the machine's network.

    Raises:
        RehearsalError: it was refused.
    """
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - our own arguments, and the machine's ip
    if done.returncode:
        raise RehearsalError(f"ip {' '.join(arguments)} failed: {done.stderr.strip()}")


def _blocks(size: str) -> int:
    """Return how many pages of 4 KiB a size in Mi is; Podman takes a tmpfs's `size` for a disk's quota."""
    return int(size.removesuffix("Mi")) * 256
