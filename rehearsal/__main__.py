"""The command line behind `make up` and its companions: `python -m rehearsal up --port 8080`."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal import ROOT, STATE, RehearsalError, commands, restore
from rehearsal.machine import PODMAN, PROCESSES

_LARGEST_PORT = 65535


def _port(text: str) -> int:
    """Return the port that `text` names."""
    if not (text.isdecimal() and 1 <= int(text) <= _LARGEST_PORT):
        raise RehearsalError(f"PORT={text}: allowed is a number from 1 to {_LARGEST_PORT}")
    return int(text)


def _pods(text: str) -> str | None:
    """Return what pods are to be, None if nothing is said."""
    if text not in ("", PROCESSES, PODMAN):
        raise RehearsalError(f"PODS={text}: allowed are {PROCESSES} and {PODMAN}")
    return text or None


@contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else change what runs in this clone at the same time."""
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RehearsalError("another `make up` or `make down` is at work in this clone; wait for it") from None
        yield


def main() -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="The whole system on this machine.")
    names = parser.add_subparsers(dest="command", required=True)
    up = names.add_parser("up", help="deploy it, or what has changed")
    up.add_argument("--port", default="8080", help="the port that NGINX listens on")
    up.add_argument("--pods", default="", help="processes, or podman; by default podman for root where there is one")
    names.add_parser("diff", help="show what `up` would change")
    names.add_parser("down", help="destroy it")
    names.add_parser("status", help="say what runs")
    names.add_parser("logs", help="show the logs").add_argument("--follow", action="store_true", help="go on")
    names.add_parser("restore-drill", help="lose production's rows here, and restore them")
    names.add_parser("synth", help="write the stacks and the manifests")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
        del os.environ[name]  # a shell's account, profile or endpoint is not for the AWS of this machine
    os.chdir(ROOT)
    STATE.mkdir(exist_ok=True)
    try:
        match given.command:
            case "up":
                with _alone():
                    commands.up(_port(given.port), _pods(given.pods))
            case "diff":
                with _alone():
                    commands.diff()
            case "down":
                with _alone():
                    commands.down()
            case "status":
                commands.status()
            case "logs":
                commands.logs(follow=given.follow)
            case "restore-drill":
                with _alone():
                    restore.drill()
            case "synth":
                commands.synth()
    except RehearsalError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("slipway: interrupted; `make up` goes on from here, `make down` ends all\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
