"""The processes' supervisor: supervisord keeps them running after `make up` has returned."""

import configparser
import os
import subprocess
import sys
from http.client import HTTPException
from pathlib import Path
from shlex import join
from time import monotonic, sleep
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from rehearsal import STATE, RehearsalError
from rehearsal.pods import Process

LOGS = STATE / "log"

_CONFIGURATION = STATE / "supervisord.conf"
_SOCKET = STATE / "supervisor.sock"
_STOP_SECONDS = 30  # more than any process is given
_POLL_SECONDS = 0.05


def start(processes: list[Process]) -> None:
    """Start the supervisor in the background with these processes.

    Raises:
        RehearsalError: it did not start.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    for process in processes:
        log(process.name).unlink(missing_ok=True)
    _write(processes)
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(_CONFIGURATION)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RehearsalError(f"the process manager did not start: {done.stderr.strip().splitlines()[-1]}")


def stop() -> bool:
    """Stop every process, then the supervisor; return whether anything ran.

    Raises:
        RehearsalError: the supervisor still runs after a while, and so may its processes.
    """
    if state() is None:
        return False
    pid = int(_call("getPID"))
    _call("shutdown")
    deadline = monotonic() + _STOP_SECONDS
    while _runs(pid):  # it ends after its processes
        if monotonic() > deadline:
            raise RehearsalError(f"the process manager did not stop in {_STOP_SECONDS} s; end it: kill {pid}")
        sleep(_POLL_SECONDS)
    return True


def state() -> list[dict[str, Any]] | None:
    """Return what supervisord knows of each process (name, statename, pid, description), or None if it is not up."""
    try:
        return list(_call("getAllProcessInfo"))
    except (OSError, HTTPException, Fault):
        return None


def log(name: str) -> Path:
    """Return where the output of the process goes."""
    return LOGS / f"{name}.log"


def _call(method: str) -> Any:
    proxy = ServerProxy("http://localhost", transport=SupervisorTransport(serverurl=f"unix://{_SOCKET}"))
    return getattr(proxy.supervisor, method)()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _write(processes: list[Process]) -> None:
    """Write supervisord's configuration."""
    configuration = configparser.RawConfigParser()
    configuration["unix_http_server"] = {"file": str(_SOCKET), "chmod": "0700"}
    configuration["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    configuration["supervisord"] = {
        "logfile": str(LOGS / "supervisor.log"),
        "pidfile": str(STATE / "supervisor.pid"),
        "childlogdir": str(LOGS),
    }
    for process in processes:
        program = {
            "command": join(process.command),
            "directory": str(process.directory),
            "environment": ",".join(f'{name}="{value}"' for name, value in process.environment.items()),
            "stdout_logfile": str(log(process.name)),
            "redirect_stderr": "true",
            "stopasgroup": "true",
            "killasgroup": "true",
        }
        # a percent sign starts an expansion there and is doubled
        configuration[f"program:{process.name}"] = {key: value.replace("%", "%%") for key, value in program.items()}
    with _CONFIGURATION.open("w") as file:
        configuration.write(file)
