"""What a service's Dockerfile says about how its process starts."""

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from k8s_charts.arguments import ChartError

_LOOPBACK = ("127.", "localhost", "::1")


@dataclass(frozen=True)
class Start:
    """How an image's process starts, and what of the build's folder it starts from.

    Attributes:
        command: the process's.
        environment: what the image sets.
        exposed: the ports that it states.
        copied: what it takes from the folder, and where to, as the Dockerfile says it.
    """

    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    exposed: list[int] = field(default_factory=list)
    copied: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ports(self) -> set[int]:
        """The ports on which others reach the process: those of variables that end in `_PORT`, which it obeys.

        One whose `_HOST` is the pod's own address is none. Where there are no such variables, it is those that are
        exposed, which is no more than a statement.
        """
        told = {name: value for name, value in self.environment.items() if name.endswith("_PORT") and value.isdigit()}
        hosts = {name: self.environment.get(f"{name.removesuffix('_PORT')}_HOST", "") for name in told}
        obeyed = {int(told[name]) for name, host in hosts.items() if not host.startswith(_LOOPBACK)}
        return obeyed if told else set(self.exposed)


def read(path: Path) -> Start:
    """Return how the process of the Dockerfile's last stage starts; a stage inherits from the one it is made from.

    An argument of the build stands for its default.

    Raises:
        ChartError: the stage has no CMD in exec form.
    """
    stages: dict[str, Start] = {}
    defaults: dict[str, str] = {}
    last = Start()
    for line in path.read_text().replace("\\\n", " ").splitlines():
        instruction, _, arguments = line.strip().partition(" ")
        match instruction.upper():
            case "FROM":
                base, *named = arguments.replace(" AS ", " ").split()
                inherited = stages.get(base, Start())
                last = Start([*inherited.command], {**inherited.environment}, [*inherited.exposed], [*inherited.copied])
                stages |= dict.fromkeys(named, last)
            case "ARG" if "=" in arguments:
                name, _, default = arguments.partition("=")
                defaults[name] = default
            case "COPY" if not arguments.startswith("--"):
                *sources, target = arguments.split()
                last.copied.extend((source, target) for source in sources)
            case "ENV":
                told = Template(arguments).safe_substitute(defaults)
                pairs = dict(pair.split("=", 1) for pair in shlex.split(told))
                last.environment.update(pairs)
            case "EXPOSE":
                last.exposed.extend(int(port.partition("/")[0]) for port in arguments.split())
            case "CMD" if arguments.startswith("["):
                last.command[:] = json.loads(arguments)
    if not last.command:
        raise ChartError(f'{path}: the last stage has no CMD ["program", "argument", …]; add one')
    return last
