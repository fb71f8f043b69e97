"""The emulator's process, and what a client of it needs to know."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import urllib3

from rehearsal import ROOT, STATE, RehearsalError
from rehearsal.aws import ACCOUNT, REGION
from rehearsal.environment import marked, of_machine
from rehearsal.ports import free_port

_REQUIREMENTS = ROOT / "rehearsal" / "aws" / "requirements.txt"
_ENVIRONMENT = ROOT / STATE / "aws" / "venv"
_PYTHON = _ENVIRONMENT / "bin" / "python"
_PATIENCE = 60.0  # seconds to start in, on a busy machine
_PROBE_SECONDS = 0.05
_LOG_LINES = 20
HEALTH = "/_ministack/health"
"""Answers 200 once the emulator serves."""

SIGNING_KEY = "test"
"""What requests and login tokens are signed with here."""

_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": SIGNING_KEY}
"""The emulator takes any."""


def install() -> Path:
    """Make the emulator's own environment, unless it is there, and return its Python.

    Raises:
        RehearsalError: the packages could not be installed.
    """
    mark = _ENVIRONMENT / "installed"
    wanted = sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    if not _PYTHON.exists() or not mark.exists() or mark.read_text() != wanted:
        index = _output(sys.executable, "-m", "pip", "config", "get", "global.index-url", missing="").strip()
        where = [f"--default-index={index}"] if index else []
        _output("uv", "venv", "--quiet", "--clear", f"--python={sys.executable}", str(_ENVIRONMENT))
        _output(
            *("uv", "pip", "install", "--quiet", f"--python={_PYTHON}", *where),
            *("--require-hashes", f"--requirements={_REQUIREMENTS}"),
        )
        mark.write_text(wanted)
    return _PYTHON


class Emulator:
    """AWS on 127.0.0.1. As a context manager it starts, and whatever happens, stops; its state goes with it.

    Args:
        home: folder for its log, and for what it and its functions unpack; made if need be.
        kubeconfig: file that says where manifests go; read anew each time.
        databases: URL of whoever runs the databases.
        port: where it listens; chosen if it is not given.

    Attributes:
        url: where all services answer.
        port: where it listens.
        log: the file with its messages.
    """

    def __init__(self, home: Path, *, kubeconfig: Path, databases: str, port: int | None = None) -> None:
        self._home = home.absolute()
        self.port = port or free_port()
        self._told = {"KUBECONFIG": str(kubeconfig.absolute()), "DATABASES": databases}
        self._running = ExitStack()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self._home / "emulator.log"

    def prepare(self) -> None:
        """Install it if need be, and make its folders: `command` may be run from then on.

        Raises:
            RehearsalError: its packages cannot be installed.
        """
        install()
        (self._home / "tmp").mkdir(parents=True, exist_ok=True)

    @property
    def client_environment(self) -> dict[str, str]:
        """What the CDK and every client of AWS has to find in its environment to speak to this AWS and no other."""
        return {
            **_KEYS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,  # the CDK looks for it apart
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "CDK_HOME": str(self._home / "cdk"),  # the CDK keeps there which account a key is of
        }

    @property
    def command(self) -> list[str]:
        """What starts it, once it is installed."""
        return [str(_PYTHON), "-m", "rehearsal.aws.resources"]

    @property
    def environment(self) -> Mapping[str, str]:
        """All of its own environment."""
        return {
            **of_machine(),
            **marked(),
            **_KEYS,
            **self._told,
            "BIND_HOST": "127.0.0.1",  # it would listen to everybody
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "DOCKER_HOST": "unix:///nonexistent.sock",  # it would start containers
            "PERSIST_STATE": "0",
            "STATE_DIR": str(self._home / "state"),
            "S3_DATA_DIR": str(self._home / "s3"),
            "TMPDIR": str(self._home / "tmp"),
            "LOG_LEVEL": "WARNING",
            "MALLOC_ARENA_MAX": "1",  # what an upload took goes back to the machine
            "MALLOC_TRIM_THRESHOLD_": "131072",
            "PYTHONPATH": str(ROOT),
        }

    def __enter__(self) -> Self:
        """Prepare it, start it and wait until it answers.

        Raises:
            RehearsalError: it did not; its last lines follow.
        """
        if self._answers():
            raise RehearsalError(f"another emulator answers at {self.url}; stop it, or choose another port")
        self.prepare()
        with self.log.open("wb") as log, ExitStack() as starting:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                self.command,
                cwd=self._home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            starting.callback(shutil.rmtree, self._home / "tmp")
            starting.callback(_end, process)
            deadline = monotonic() + _PATIENCE
            while not self._answers():
                if process.poll() is not None or monotonic() > deadline:
                    lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
                    raise RehearsalError("\n".join([f"the emulator did not start; from {self.log}:", *lines]))
                sleep(_PROBE_SECONDS)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def _answers(self) -> bool:
        try:
            answer = urllib3.request("GET", self.url + HEALTH, timeout=1, retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == HTTPStatus.OK


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the emulator and its functions at once: it has nothing to keep, and would wait for functions that wait."""
    with suppress(ProcessLookupError):  # ended, and its functions with it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _output(*command: str, missing: str | None = None) -> str:
    """Run a command and return what it prints, or `missing`, where that is given, if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours, and pip's index
    if done.returncode and missing is None:
        raise RehearsalError(f"the emulator's packages cannot be installed: {done.stderr.strip()}")
    return missing if done.returncode and missing is not None else done.stdout
