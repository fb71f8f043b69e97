"""What `make up`, `make down`, `make status`, `make logs` and `make synth` do."""

import json
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep

import urllib3

from rehearsal import MANIFESTS, STATE, RehearsalError, supervisor
from rehearsal.pods import RELEASE, Pods, Process, plan
from rehearsal.steps import say, step, total_seconds

_UP = STATE / "up.json"
_LOG_LINES = 20
_PROBE_SECONDS = 0.1  # a laptop need not wait for the manifest's period
_ANSWER_SECONDS = 5


def up(port: int) -> None:
    """Start the whole system, with NGINX on 127.0.0.1:`port`, and return; a running one is left as it is.

    Raises:
        RehearsalError: the port is taken, or a step failed; nothing is left running.
    """
    if supervisor.state() is not None:
        running = _running_port()
        if running != port:
            raise RehearsalError(f"already running on port {running}; stop that first: make down")
        say(f"\nAlready running; `make down` stops it.\n\n  http://127.0.0.1:{port}/\n")
        status()
        return
    supervisor.stop()  # what a killed run has left
    _refuse_taken(port)
    synth()
    try:
        pods = _start(port)
    except BaseException:
        supervisor.stop()
        raise
    _tell(pods, port)


def down() -> None:
    """Stop everything; the data stays in .slipway/data."""
    stopped = supervisor.stop()
    _UP.unlink(missing_ok=True)
    say("Stopped. The data stays in .slipway/data." if stopped else "Nothing was running.")


def status() -> None:
    """Print what runs.

    Raises:
        RehearsalError: something that should run does not.
    """
    processes = supervisor.state()
    if processes is None and supervisor.survivors():
        raise RehearsalError("the process manager was killed and its processes still run; stop them: make down")
    if processes is None:
        say("Nothing is running; `make up` starts it.")
        return
    for process in processes:
        say(f"  {process['name']:<10} {process['statename']:<10} {process['description']}")
    if any(process["statename"] != "RUNNING" for process in processes):
        raise RehearsalError("not everything runs; `make logs` shows why")


def logs(*, follow: bool) -> None:
    """Print the last lines of every process's log, and go on if `follow` is set.

    Raises:
        RehearsalError: there are no logs yet.
    """
    files = sorted(path for path in supervisor.LOGS.glob("*.log") if not path.name.startswith("step-"))
    if not files:
        raise RehearsalError("there are no logs yet; `make up` starts the system")
    tail = ["tail", "-n", str(_LOG_LINES), *(["-f"] if follow else []), *map(str, files)]
    with suppress(KeyboardInterrupt):  # how one stops following
        subprocess.run(tail, check=True)  # noqa: S603 - our own arguments


def synth() -> None:
    """Write every stack to cdk.out and every manifest to dist/manifests.

    Raises:
        RehearsalError: the stacks or the manifests are not sound.
    """
    with step("Stacks"):
        _run("the stacks do not synthesise", "cdk", "synth", "--quiet")
    with step("Manifests"):
        shutil.rmtree(MANIFESTS, ignore_errors=True)
        _run("the manifests do not synthesise", sys.executable, "-m", "k8s_charts")


def _start(port: int) -> Pods:
    """Migrate the database, start the pods' processes and see the page through NGINX."""
    pods = plan(port)
    with step("Database"):
        (STATE / "data").mkdir(parents=True, exist_ok=True)
        _run(
            "the migration failed",
            *pods.migration.command,
            directory=pods.migration.directory,
            environment=pods.migration.environment,
        )
    supervisor.start(pods.services)
    _UP.write_text(json.dumps({"port": port}))
    for process in pods.services:
        with step(f"Pod {process.name}"):
            _wait_until_started(process)
    with step("Smoke test through NGINX"):
        _smoke_test(port)
    return pods


def _wait_until_started(process: Process) -> None:
    """Ask the process's start-up probe as often as its manifest allows."""
    deadline = monotonic() + process.attempts * process.period
    while _status_of(process.url + process.startup_path) != HTTPStatus.OK:
        known = {entry["name"]: entry["statename"] for entry in supervisor.state() or []}
        if known.get(process.name) not in ("STARTING", "RUNNING") or monotonic() > deadline:
            lines = supervisor.log(process.name).read_text().splitlines()[-_LOG_LINES:]
            raise RehearsalError("\n".join([f"the pod {process.name} did not start; its last lines:", *lines]))
        sleep(_PROBE_SECONDS)


def _smoke_test(port: int) -> None:
    """See that NGINX serves a page of this release, as the pipeline does after a deployment."""
    try:
        page = _get(f"http://127.0.0.1:{port}/")
    except urllib3.exceptions.HTTPError as error:
        raise RehearsalError(f"NGINX does not answer ({error}); `make logs` shows why") from None
    release = page.headers.get("X-Release")
    if (page.status, release) != (HTTPStatus.OK, RELEASE):
        raise RehearsalError(f"NGINX answers {page.status} with X-Release {release}, not 200 with {RELEASE}")


def _get(url: str) -> urllib3.BaseHTTPResponse:
    """Return the answer to one GET."""
    return urllib3.request("GET", url, timeout=_ANSWER_SECONDS, retries=False)


def _status_of(url: str) -> int | None:
    """Return the status that the URL answers with, None if nothing does."""
    try:
        return _get(url).status
    except urllib3.exceptions.HTTPError:
        return None


def _run(failure: str, *command: str, directory: Path | None = None, environment: dict[str, str] | None = None) -> None:
    """Run a command to its end; when it fails, its last lines follow the one that says what failed."""
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
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


def _running_port() -> int:
    """Return the port of the running system."""
    return int(json.loads(_UP.read_text())["port"])


def _tell(pods: Pods, port: int) -> None:
    """Print what runs and where to look."""
    say("\n  Running")
    for process in pods.services:
        say(f"    {process.name:<10} {process.url}")
    say("\n  Stacks are in cdk.out/, manifests in dist/manifests/; `make logs` shows the logs, `make down` stops it.")
    say(f"\n  Up in {total_seconds():.0f} s: http://127.0.0.1:{port}/\n")
