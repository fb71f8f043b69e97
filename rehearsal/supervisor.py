"""The processes' supervisor: supervisord keeps them running after `make up` has returned."""

import configparser
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from shlex import join
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from rehearsal import STATE, RehearsalError, pods
from rehearsal.pods import MARK, Process

LOGS = STATE / "log"

_CONFIGURATION = STATE / "supervisord.conf"
_SOCKET = STATE / "supervisor.sock"
_STOP_SECONDS = 30  # more than any process is given


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
        env=pods.of_machine(),  # it hands its own environment on to every process
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RehearsalError(f"the process manager did not start: {done.stderr.strip().splitlines()[-1]}")


def stop() -> bool:
    """Stop every process, then the supervisor; return whether anything ran.

    What outlived a supervisor or a parent that was killed is found by its environment and stopped, too.

    Raises:
        RehearsalError: something still runs after a while.
    """
    manager = [psutil.Process(int(_call("getPID")))] if state() is not None else []
    if manager:
        _call("shutdown")
        psutil.wait_procs(manager, timeout=_STOP_SECONDS)  # it ends after its processes
    left = survivors()
    for process in left:
        with suppress(psutil.NoSuchProcess):  # ended with its parent meanwhile
            process.terminate()
    _, running = psutil.wait_procs(manager + left, timeout=_STOP_SECONDS)
    if running:
        pids = " ".join(str(process.pid) for process in running)
        raise RehearsalError(f"not everything stopped in {_STOP_SECONDS} s; end the rest: kill -9 {pids}")
    return bool(manager or left)


def survivors() -> list[psutil.Process]:
    """Return this clone's processes, found by the mark in their environment, which their children inherit."""
    marked = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(STATE.absolute()):
                marked.append(process)
        except psutil.Error:  # it has ended, or is another user's
            continue
    return marked


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
