"""The command line behind `make up` and its companions: `python -m rehearsal up --port 8080`."""

import argparse
import os
import sys

from rehearsal import ROOT, STATE, RehearsalError, commands

_LARGEST_PORT = 65535


def _port(text: str) -> int:
    """Return the port that `text` names."""
    if not (text.isdecimal() and 1 <= int(text) <= _LARGEST_PORT):
        raise RehearsalError(f"PORT={text}: allowed is a number from 1 to {_LARGEST_PORT}")
    return int(text)


def main() -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="The whole system on this machine.")
    names = parser.add_subparsers(dest="command", required=True)
    names.add_parser("up", help="start it").add_argument(
        "--port", default="8080", help="the port that NGINX listens on"
    )
    names.add_parser("down", help="stop it")
    names.add_parser("status", help="say what runs")
    names.add_parser("logs", help="show the logs").add_argument("--follow", action="store_true", help="go on")
    names.add_parser("synth", help="write the stacks and the manifests")
    given = parser.parse_args()
    os.chdir(ROOT)
    STATE.mkdir(exist_ok=True)
    try:
        match given.command:
            case "up":
                commands.up(_port(given.port))
            case "down":
                commands.down()
            case "status":
                commands.status()
            case "logs":
                commands.logs(follow=given.follow)
            case "synth":
                commands.synth()
    except RehearsalError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("slipway: interrupted; nothing is left running\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
