"""Podman as the pipeline's scripts know Docker, on a host whose containers have its role."""

import shlex
from collections.abc import Iterable
from pathlib import Path

_PROGRAM = """\
#!/bin/sh
[ "$1" = run ] || exec podman "$@"
shift
exec podman run {options} "$@"
"""


def engine(home: Path, options: Iterable[str]) -> Path:
    """Return a `docker` that gives every container `options`: what a host's role and address are to one."""
    program = home / "docker"
    program.write_text(_PROGRAM.format(options=shlex.join(options)))
    program.chmod(0o755)
    return program
