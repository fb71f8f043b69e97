"""The machine behind the rehearsal as a process of its own: started, found again, and ended with all that is its."""

import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep

import psutil

from rehearsal import ROOT, STATE, RehearsalError
from rehearsal.environment import marked, of_machine, survivors
from rehearsal.machine import Description, clear

LOG = STATE / "machine.log"
_MODULE = "rehearsal.machine"
_START_SECONDS = 60.0  # what a busy machine may take over what usually takes three
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_LOG_LINES = 20


def start(port: int, pods: str) -> Description:
    """Start the machine, with the application on 127.0.0.1:`port` once there is one, and return when it is up.

    Raises:
        RehearsalError: it did not start, and nothing is left of it; its last lines follow.
    """
    with LOG.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-m", _MODULE, "--port", str(port), "--pods", pods],
            cwd=ROOT,
            env={**of_machine(), **marked()},  # the rest of a shell's is not for pods
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a terminal's Ctrl-C is for whoever uses it
        )
    try:
        return _wait_for(process)
    except BaseException:
        stop()
        raise


def found() -> Description | None:
    """Return the machine that is up; None if there is none.

    Raises:
        RehearsalError: it was killed and others still run that it has started, or it is of another version.
    """
    if _machine() is None:
        if survivors():
            raise RehearsalError("what ran here was killed and has left processes; end them: make down")
        Description.remove()
        return None
    try:
        return Description.read()
    except TypeError:  # fields of another version's
        raise RehearsalError("what runs here is of another version of this repository; end it: make down") from None


def stop() -> bool:
    """End the machine and whatever it has left; return whether anything ran.

    Raises:
        RehearsalError: something still runs after a while.
    """
    machine = _machine()
    if machine is not None:
        machine.terminate()  # it ends what it has started
        psutil.wait_procs([machine], timeout=_STOP_SECONDS)
    with suppress(TypeError):  # fields of another version's
        if (killed := Description.read()) is not None:
            clear(killed)
    left = survivors()
    for process in left:
        with suppress(psutil.NoSuchProcess):  # ended with its parent meanwhile
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=_STOP_SECONDS / 10)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _, running = psutil.wait_procs(stubborn, timeout=_STOP_SECONDS / 10)
    if running:
        pids = " ".join(str(process.pid) for process in running)
        raise RehearsalError(f"not everything can be ended; these go on: {pids}")
    Description.remove()
    return machine is not None or bool(left)


def _machine() -> psutil.Process | None:
    """Return the machine's process."""
    for process in survivors():
        with suppress(psutil.NoSuchProcess):
            if _MODULE in process.cmdline():
                return process
    return None


def _wait_for(process: subprocess.Popen[bytes]) -> Description:
    """Return what the machine tells of itself once it is up."""
    deadline = monotonic() + _START_SECONDS
    while (description := Description.read()) is None:
        if process.poll() is not None or monotonic() > deadline:
            lines = LOG.read_text(errors="replace").splitlines()[-_LOG_LINES:]
            raise RehearsalError("\n".join(["the machine behind it did not start; its last lines:", *lines]))
        sleep(_LOOK_SECONDS)
    return description
