"""What is deployed to this machine, as a person wants to see it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rehearsal import figures, memory
from rehearsal.aws.client import connect
from rehearsal.deployment import STACKS
from rehearsal.figures import Figures
from rehearsal.machine import KUBECONFIG, Description
from rehearsal.steps import say


def tell(
    machine: Description,
    pods: Iterable[dict[str, Any]],
    changed: Mapping[str, float] | None = None,
    peak: float | None = None,
) -> None:
    """Print what is deployed and how to look around.

    Args:
        machine: what it is deployed to.
        pods: what runs in its cluster.
        changed: the stacks that were changed just now, each with the seconds that it took.
        peak: MiB that were taken at most.
    """
    say()
    print_table([("stack", "resources", "state", "changed in"), *_stacks(machine, changed or {})])
    say()
    pods = list(pods)
    print_table([("pod", "image", "state"), *(_pod(pod) for pod in pods)])
    if told := figures.of(pods):
        say()
        print_table([("service", "requests", "failed", "half", "99 of 100", "outages"), *map(_service, told.items())])
    aws = machine.aws
    most = f", {peak:.0f} MiB at most on the way" if peak is not None else ""
    keys = " ".join(f"{name}={aws[name]}" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"))
    say(f"""
  Databases    {machine.database}
  Memory       {memory.now():.0f} MiB{most}
  AWS          {keys} \\
                 aws --endpoint-url {aws["AWS_ENDPOINT_URL"]} rds describe-db-instances
  Kubernetes   kubectl --kubeconfig {KUBECONFIG} --namespace slipway get pods
  Logs         make logs; what a change would do: make diff; the end: make down""")


def _stacks(machine: Description, changed: Mapping[str, float]) -> list[tuple[str, str, str, str]]:
    """Return a line for each stack that is there."""
    client = connect(machine.aws)("cloudformation")
    states = {stack["StackName"]: stack["StackStatus"] for stack in client.describe_stacks()["Stacks"]}
    lines = []
    for name in (name for name in STACKS if name in states):
        count = len(client.describe_stack_resources(StackName=name)["StackResources"])
        lines.append((name, str(count), states[name], f"{changed[name]:.1f} s" if name in changed else ""))
    return lines


def _pod(pod: dict[str, Any]) -> tuple[str, str, str]:
    (container,) = pod["status"]["containerStatuses"]
    (kind,) = container["state"]
    state = "ready" if container["ready"] else container["state"][kind].get("reason", kind)
    image = pod["spec"]["containers"][0]["image"]
    return pod["metadata"]["name"], f"{image.partition('@')[0].rpartition('/')[2]}@{image[-8:]}", state


def _service(told: tuple[str, Figures]) -> tuple[str, ...]:
    name, seen = told
    count = (seen.requests.total(), seen.failed)
    return (name, *map(str, count), seen.slowest(0.5), seen.slowest(0.99), str(seen.outages))


def print_table(lines: Sequence[tuple[str, ...]]) -> None:
    """Print a table; the first line is its head."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
