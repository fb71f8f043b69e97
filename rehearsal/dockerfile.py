"""What a service's Dockerfile says about how its process starts."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from rehearsal import RehearsalError


@dataclass(frozen=True)
class Start:
    """How the image's process starts: its command and the environment that the image sets."""

    command: list[str]
    environment: dict[str, str]


def read(path: Path) -> Start:
    """Return how the process of the Dockerfile's `runtime` stage starts.

    Raises:
        RehearsalError: the stage has no CMD in exec form.
    """
    stage = ""
    command: list[str] = []
    environment: dict[str, str] = {}
    for line in path.read_text().replace("\\\n", " ").splitlines():
        instruction, _, arguments = line.strip().partition(" ")
        match instruction.upper():
            case "FROM":
                stage = arguments.split()[-1]
            case "ENV" if stage == "runtime":
                environment |= dict(pair.split("=", 1) for pair in shlex.split(arguments))
            case "CMD" if stage == "runtime":
                command = json.loads(arguments)
    if not command:
        raise RehearsalError(f'{path}: the stage "runtime" has no CMD ["program", "argument", …]; add one')
    return Start(command, environment)
