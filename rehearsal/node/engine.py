"""Podman, as far as a node needs it: a network, pods on it, and what happens in their containers."""

import asyncio
import json
import os
from collections.abc import Sequence
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any, NamedTuple

import yaml

from rehearsal import RehearsalError

MISSING = "no Podman here: apt-get install podman netavark aardvark-dns catatonit"
"""Why there are no containers, and how to get them."""

_LABEL = "slipway.node"
_LOG_LINES = 20


class Running(NamedTuple):
    """A container that runs: its main process, and the pod's address."""

    pid: int
    address: str


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


class Engine:
    """Pods on a network of their own, all marked with the node's name.

    Attributes:
        gateway: this machine's address on the network.
        subnet: the addresses of all pods.
    """

    def __init__(self, name: str) -> None:
        """Describe the network called `name`; what is marked with that name is this engine's own."""
        self._name = name
        self.gateway = self.subnet = ""

    async def open(self) -> None:
        """Make the network, after having removed what a killed run has left.

        Raises:
            RehearsalError: there is no Podman, or this user may not make a network that the machine reaches.
        """
        if os.geteuid() != 0:
            raise RehearsalError("pods that this machine reaches need root: sudo make pods")
        await self.close()
        await podman("network", "create", "--disable-dns", f"--label={_LABEL}={self._name}", self._name)
        (network,) = json.loads(await podman("network", "inspect", self._name))
        self.gateway, self.subnet = network["subnets"][0]["gateway"], network["subnets"][0]["subnet"]
        # The machine has an address on the network only while a pod is there: one that does nothing.
        await podman("pod", "create", f"--network={self._name}", f"--label={_LABEL}={self._name}", self._name)
        await podman("pod", "start", self._name)

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

    def name(self, pod: str) -> str:
        """Return what a pod, or a volume of its, is called here, where other nodes may run."""
        return f"{self._name}-{pod}"

    async def start(self, pod: dict[str, Any], config_maps: Sequence[dict[str, Any]]) -> None:
        """Start a pod whose ConfigMaps and volumes are its own, with Podman's reading of Kubernetes' manifests."""
        metadata = {**pod["metadata"], "labels": {**pod["metadata"]["labels"], _LABEL: self._name}}
        for volume in pod["spec"].get("volumes", []):
            if volume.get("emptyDir", {}).get("medium") == "Memory":
                # Podman knows no medium, but takes a volume of that name which is there already
                blocks = _blocks(volume["emptyDir"]["sizeLimit"])
                options = ("--opt=type=tmpfs", "--opt=device=tmpfs", f"--opt=o=nr_blocks={blocks},mode=1777")
                await podman("volume", "create", *options, volume["name"])
        documents = [*config_maps, {**pod, "metadata": metadata}]
        await podman("kube", "play", f"--network={self._name}", "-", given=yaml.safe_dump_all(documents))
        # Podman would stop a pod, and give it another address, whenever its last container ends.
        name = pod["metadata"]["name"]
        await podman("run", "--detach", f"--pod={name}", f"--name={name}-sandbox", await self._pause(name))

    async def _pause(self, pod: str) -> str:
        """Return the image that holds a pod's network; it does nothing."""
        infra = await podman("pod", "inspect", "--format={{.InfraContainerID}}", pod)
        return await podman("inspect", "--type=container", "--format={{.ImageName}}", infra)

    async def remove(self, pod: dict[str, Any]) -> None:
        """Remove a pod, dead or alive, and its volumes."""
        await podman("pod", "rm", "--force", "--ignore", "--time=0", pod["metadata"]["name"])
        for volume in pod["spec"].get("volumes", []):
            name = volume["configMap"]["name"] if "configMap" in volume else volume["name"]
            await podman("volume", "rm", "--force", name)

    async def running(self, pod: str, container: str) -> Running:
        """Return where a container runs; its process is 0 if it has ended."""
        (state,) = json.loads(await podman("inspect", "--type=container", f"{pod}-{container}"))
        infra = await podman("pod", "inspect", "--format={{.InfraContainerID}}", pod)
        (sandbox,) = json.loads(await podman("inspect", "--type=container", infra))
        return Running(state["State"]["Pid"], sandbox["NetworkSettings"]["Networks"][self._name]["IPAddress"])

    async def exit_code(self, pod: str, container: str) -> int:
        """Wait until a container has ended, and return its exit code."""
        return int(await podman("wait", "--interval=50ms", f"{pod}-{container}"))

    async def restart(self, pod: str, container: str) -> None:
        """Start a container that has ended once more, in its pod."""
        await podman("start", f"{pod}-{container}")

    async def stop(self, pod: str, container: str, grace: float) -> None:
        """Send the signal that the image asks for, and after `grace` seconds kill what still runs."""
        await podman("stop", "--ignore", f"--time={max(0, round(grace))}", f"{pod}-{container}")

    async def execute(self, pod: str, container: str, command: Sequence[str]) -> None:
        """Run a command in a container to its end; what comes of it does not matter, as Kubernetes has it."""
        process = await asyncio.create_subprocess_exec(
            "podman", "exec", f"{pod}-{container}", *command, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        await process.wait()

    async def logs(self, pod: str, container: str, lines: int = _LOG_LINES) -> str:
        """Return the last lines of what a container has said."""
        process = await asyncio.create_subprocess_exec(
            *("podman", "logs", f"--tail={lines}", f"{pod}-{container}"),
            stdout=PIPE,
            stderr=STDOUT,  # where Podman passes on what the container said there
            start_new_session=True,
        )
        said, _ = await process.communicate()
        return said.decode(errors="replace").strip()


def _blocks(size: str) -> int:
    """Return how many pages of 4 KiB a size in Mi is; Podman takes a tmpfs's `size` for a disk's quota."""
    return int(size.removesuffix("Mi")) * 256
