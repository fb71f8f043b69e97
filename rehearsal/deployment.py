"""The CDK's own commands, against the AWS of this machine, with what they say on record."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from time import monotonic

from rehearsal import ROOT, STATE, RehearsalError
from rehearsal.aws import ACCOUNT, REGION
from rehearsal.environment import marked
from rehearsal.machine import PODMAN, PROCESSES, Description
from rehearsal.steps import Progress

LOG = STATE / "cdk.log"
"""All that it has said since the machine was started."""

STACKS = ("NetworkStack", "RegistryStack", "CiStack", "DataStack", "ClusterStack", "ProdStack")
"""In an order in which they can be made."""

_ASSEMBLY = STATE / "assembly"
_GATE_MINUTES = {PROCESSES: "1", PODMAN: "4"}
"""That a release may take: nine pods take turns on the cores of one machine."""

_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
"""Of deployments; nobody enforces one here."""

_LOG_LINES = 20
_EVENT = re.compile(r"^(?P<stack>\w+Stack) \|\s*(?P<done>\d+)(/(?P<all>\d+))? \|[^|]*\| (?P<status>\w+) ")
_FAILED = re.compile(r"\| (CREATE|UPDATE|DELETE)_FAILED ")
_OUTCOME = re.compile(r"^\s*(Failed resources:|✅|❌|✨|\w+Stack[: ])")
_ENDED = re.compile(r"^\s*✅\s+(?P<stack>\w+Stack)(?P<how> \(no changes\)|: destroyed)?$")
_VERDICTS = {None: "deployed", " (no changes)": "no changes", ": destroyed": "destroyed"}


class Deployment:
    """The app that production is made of, and how it gets to this machine's AWS.

    Args:
        machine: where it is deployed to.
    """

    def __init__(self, machine: Description) -> None:
        self._machine = machine

    def synthesise(self, images: Mapping[str, str]) -> None:
        """Write the stacks of a release whose `images` are given by service.

        Raises:
            RehearsalError: they are not sound; why is said.
        """
        otherwise = {"protect": "false", "gate_minutes": _GATE_MINUTES[self._machine.pods]}  # than in production
        settings = otherwise | {f"images.{service}": reference for service, reference in images.items()}
        context = [argument for name, value in settings.items() for argument in ("--context", f"{name}={value}")]
        unfinished = _ASSEMBLY.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._cdk("the stacks do not synthesise", "synth", "--quiet", f"--output={unfinished}", *context)
        shutil.rmtree(_ASSEMBLY, ignore_errors=True)
        unfinished.rename(_ASSEMBLY)

    def bootstrap(self) -> None:
        """Make what the CDK itself needs; nothing happens if it is there.

        Raises:
            RehearsalError: it cannot be made.
        """
        self._cdk(
            "the CDK's own stack cannot be made",
            *("bootstrap", "--app=", f"aws://{ACCOUNT}/{REGION}"),
            f"--cloudformation-execution-policies={_POLICY}",
        )

    def deploy(self, progress: Progress) -> dict[str, float]:
        """Deploy what was synthesised; return the stacks that have changed, each with the seconds that it took.

        Raises:
            RehearsalError: CloudFormation has put a stack back; why is said.
        """
        return self._cdk(
            "the deployment failed, and what it had changed was put back",
            *("deploy", "--all", "--concurrency=3", "--require-approval=never", "--progress=events"),
            f"--app={_ASSEMBLY}",
            progress=progress,
        )

    def destroy(self, progress: Progress) -> None:
        """Have CloudFormation delete every stack.

        Raises:
            RehearsalError: it cannot; why is said.
        """
        self._cdk(
            "not every stack could be deleted",
            *("destroy", "--all", "--force", "--concurrency=3", "--progress=events", f"--app={_ASSEMBLY}"),
            progress=progress,
        )

    def diff(self) -> None:
        """Print what a deployment would change."""
        command = ["cdk", "diff", f"--app={_ASSEMBLY}"]
        said = subprocess.STDOUT  # all that it says is what was asked for
        subprocess.run(command, cwd=ROOT, env=self._environment, stderr=said, check=False)  # noqa: S603 - our own arguments

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._machine.aws, **marked()}

    def _cdk(self, failure: str, *arguments: str, progress: Progress | None = None) -> dict[str, float]:
        """Run a command to its end; return the stacks that it has changed, each with the seconds that it took."""
        said, events = [], _Events(progress)
        with (
            LOG.open("a") as log,
            subprocess.Popen(  # noqa: S603 - our own arguments
                ["cdk", *arguments],  # noqa: S607 - the environment's own
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            for line in process.stdout or ():
                log.write(line)
                said.append(line.rstrip())
                events.take(said[-1])
        if process.returncode:
            raise RehearsalError("\n".join([f"{failure}; all of it is in {LOG}:", *_telling(said)]))
        return events.changed


class _Events:
    """What CloudFormation's events tell of each stack.

    Attributes:
        changed: the stacks that have changed, each with the seconds that it took.
    """

    def __init__(self, progress: Progress | None) -> None:
        self.changed: dict[str, float] = {}
        self._progress = progress
        self._begun: dict[str, float] = {}
        self._counts: dict[str, str] = {}

    def take(self, line: str) -> None:
        """Take a line of what the CDK says."""
        if found := _EVENT.match(line):
            stack = found["stack"]
            self._begun.setdefault(stack, monotonic())
            self._counts[stack] = found["done"] + (f"/{found['all']}" if found["all"] else "")
            if self._progress is not None:
                self._progress.show(", ".join(f"{stack} {count}" for stack, count in self._counts.items()))
        elif found := _ENDED.match(line):
            stack, verdict = found["stack"], _VERDICTS[found["how"]]
            self._counts.pop(stack, None)
            seconds = monotonic() - self._begun.get(stack, monotonic())
            if found["how"] is None:
                self.changed[stack] = seconds
            if self._progress is not None:
                self._progress.note(stack, verdict, seconds)


def _telling(said: Sequence[str]) -> list[str]:
    """Return what tells why a command failed: what CloudFormation says of each resource, else the last lines."""
    told: list[str] = []
    of_a_resource = False
    for line in said:
        if line.startswith("Failed resources:"):  # the same once more
            break
        if _FAILED.search(line):
            of_a_resource = True
        elif _EVENT.match(line) or _OUTCOME.match(line):
            of_a_resource = False
        if of_a_resource:
            told.append(line)
    return told or [line for line in said if line][-_LOG_LINES:]
