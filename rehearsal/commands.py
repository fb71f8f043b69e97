"""What `make up`, `make down`, `make diff`, `make status`, `make logs` and `make synth` do."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import urllib3

from rehearsal import ROOT, STATE, RehearsalError, background, container_images, deployment, images, memory
from rehearsal.aws import emulator, inventory
from rehearsal.aws.client import connect
from rehearsal.deployment import Deployment
from rehearsal.machine import IMAGES, KUBECONFIG, PODMAN, PROCESSES, Description, code
from rehearsal.node.client import Client
from rehearsal.report import tell
from rehearsal.steps import say, step, total_seconds

_MANIFESTS = Path("dist/manifests")
_SERVICES = ROOT / "services"
_NAMESPACE = "slipway"
_EMPTY = STATE / "empty.json"
"""What is in AWS before anything is deployed."""

_LOG_LINES = 20
_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 5.0
_COPY_SECONDS = 10.0
"""After which NGINX shows no page of the release before."""


def up(port: int, pods: str | None) -> None:
    """Deploy everything to this machine, with NGINX on 127.0.0.1:`port`, and return; what is deployed is changed.

    Args:
        port: a port that nobody listens on.
        pods: what they are to be, PROCESSES or PODMAN; where it is not given, containers if this user may have some.

    Raises:
        RehearsalError: the port is taken, or a step failed; what was deployed before goes on.
    """
    with memory.watched() as peak:
        machine = background.found() or _start(port, pods or _usual_pods())
        if machine.port != port:
            raise RehearsalError(f"already running on port {machine.port}; stop that first: make down")
        if pods not in (None, machine.pods):
            raise RehearsalError(f"its pods are already {machine.pods}; stop that first: make down")
        if machine.code != code():
            raise RehearsalError("rehearsal/ has changed since it was started; start it anew: make down up")
        app = Deployment(machine)
        with step("Images"):
            references = _build(machine)
        with step("Stacks"):
            app.synthesise(references)
        if not _EMPTY.exists():
            with step("The CDK's own stack"):
                app.bootstrap()
                _EMPTY.write_text(json.dumps(inventory.take(connect(machine.aws)), default=sorted))
        with step("Deployment") as progress:
            changed = app.deploy(progress)
        with step("Smoke test through NGINX"):
            _smoke_test(machine, images.release(_SERVICES))
    tell(machine, _pods(), changed, peak.mebibytes)
    say(f"\n  Up in {total_seconds():.0f} s: {machine.url}/\n")


def diff() -> None:
    """Print what `make up` would change.

    Raises:
        RehearsalError: nothing is deployed to compare with, or the stacks are not sound.
    """
    machine = running()
    app = Deployment(machine)
    with step("Stacks"):
        app.synthesise(_build(machine))
    app.diff()


def down() -> None:
    """Destroy everything by CloudFormation, and stop.

    Raises:
        RehearsalError: not everything could be destroyed, or something was left behind; nothing runs even then.
    """
    machine = None
    with suppress(RehearsalError):  # what was killed has no stacks any more
        machine = background.found()
    try:
        if machine is not None and _EMPTY.exists():
            with step("Destruction") as progress:
                Deployment(machine).destroy(progress)
            with step("Nothing is left"):
                _refuse_leftovers(machine)
    finally:
        stopped = background.stop()
    say("Everything is destroyed and stopped." if stopped else "Nothing was running.")


def status() -> None:
    """Print what runs.

    Raises:
        RehearsalError: something that should run does not.
    """
    machine = background.found()
    if machine is None:
        say("Nothing is running; `make up` starts it.")
        return
    pods = _pods()
    tell(machine, pods)
    containers = [container for pod in pods for container in pod["status"]["containerStatuses"]]
    if not containers or not all(container["ready"] or _has_finished(container) for container in containers):
        raise RehearsalError("not everything runs; `make logs` shows why")


def logs(*, follow: bool) -> None:
    """Print the last lines of every pod's log, and go on if `follow` is set.

    Raises:
        RehearsalError: nothing runs.
    """
    running()
    client = Client(KUBECONFIG, _NAMESPACE)
    seen: dict[str, int] = {}
    with suppress(KeyboardInterrupt):  # how one stops following
        while True:
            for pod in client.pods():
                name = pod["metadata"]["name"]
                lines = client.log(name).splitlines()
                new = lines[seen[name] :] if name in seen else lines[-_LOG_LINES:]
                seen[name] = len(lines)
                for line in new:
                    say(f"{name}: {line}")
            if not follow:
                return
            sleep(_LOOK_SECONDS)


def synth() -> None:
    """Write every stack to cdk.out and every manifest to dist/manifests.

    Raises:
        RehearsalError: the stacks or the manifests are not sound.
    """
    with step("Stacks"):
        _run("the stacks do not synthesise", "cdk", "synth", "--quiet")
    with step("Manifests"):
        shutil.rmtree(_MANIFESTS, ignore_errors=True)
        _run("the manifests do not synthesise", sys.executable, "-m", "k8s_charts")


def _usual_pods() -> str:
    return PODMAN if os.geteuid() == 0 and shutil.which("podman") else PROCESSES


def _build(machine: Description) -> dict[str, str]:
    """Make the services' images; return their references."""
    return container_images.build(_SERVICES) if machine.pods == PODMAN else images.build(_SERVICES, IMAGES)


def _start(port: int, pods: str) -> Description:
    """Start the machine behind it, with nothing in it."""
    _refuse_taken(port)
    with step("AWS, cluster and databases"):
        for old in (_EMPTY, deployment.LOG):
            old.unlink(missing_ok=True)
        emulator.install()  # here, where a shell may say how packages are reached
        return background.start(port, pods)


def running() -> Description:
    """Return the machine that is up.

    Raises:
        RehearsalError: there is none.
    """
    machine = background.found()
    if machine is None:
        raise RehearsalError("nothing is running; start it first: make up")
    return machine


def _pods() -> list[dict[str, Any]]:
    return Client(KUBECONFIG, _NAMESPACE).pods()


def _has_finished(container: dict[str, Any]) -> bool:
    """Whether a container, a job's, has done what it had to."""
    ended: dict[str, Any] = container["state"].get("terminated", {})
    return ended.get("exitCode") == 0


def _refuse_leftovers(machine: Description) -> None:
    """Refuse what is in AWS and was not before anything was deployed."""
    empty = {kind: set(names) for kind, names in json.loads(_EMPTY.read_text()).items()}
    left = inventory.made_since(empty, connect(machine.aws))
    if left:
        told = [f"  {kind}: {', '.join(sorted(names))}" for kind, names in left.items()]
        raise RehearsalError("\n".join(["the stacks are gone, but these are left:", *told]))


def _smoke_test(machine: Description, release: str) -> None:
    """See that NGINX serves a page of this release, as the pipeline does after a deployment."""
    deadline = monotonic() + _COPY_SECONDS
    while (seen := page(machine)) != Page(HTTPStatus.OK, release, out_of_date=False):
        if monotonic() > deadline:
            raise RehearsalError(f"NGINX answers {seen}, not 200 with {release}")
        sleep(_LOOK_SECONDS / 10)


@dataclass(frozen=True)
class Page:
    """What NGINX answered to who asked for the page."""

    status: int
    release: str | None
    out_of_date: bool
    """Whether it is a copy, shown with a notice, because the frontend has no list to show."""

    def __str__(self) -> str:
        told = f"{self.status} with X-Release {self.release}"
        return f"{told}, a copy that is out of date" if self.out_of_date else told


def page(machine: Description, *, fresh: bool = False) -> Page:
    """Return what NGINX answers; if it is to be `fresh`, NGINX asks the frontend before it shows a copy.

    Raises:
        RehearsalError: NGINX does not answer.
    """
    headers = {"Cookie": "notice=looked"} if fresh else {}
    try:
        answer = urllib3.request("GET", f"{machine.url}/", headers=headers, timeout=_ANSWER_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise RehearsalError(f"NGINX does not answer ({error}); `make logs` shows why") from None
    return Page(answer.status, answer.headers.get("X-Release"), answer.headers.get("X-Cache") == "STALE")


def _run(failure: str, *command: str) -> None:
    """Run a command to its end; when it fails, its last lines follow the one that says what failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-_LOG_LINES:]
        raise RehearsalError("\n".join([f"{failure}; its last lines:", *lines]))


def _refuse_taken(port: int) -> None:
    """Refuse a port that another program listens on, or that this user may not use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise RehearsalError(f"PORT={port} needs root; choose one from 1024 to 65535: make up PORT=8081") from None
        except OSError:
            raise RehearsalError(f"port {port} is taken; choose another: make up PORT={port + 1}") from None
