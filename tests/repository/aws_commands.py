"""The commands of AWS's CLI in a line of shell, held against botocore's models of what AWS takes."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel

_SUBSTITUTION = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)
_COMMAND = re.compile(r"(?<![\w./-])aws ([a-z][a-z0-9-]+) ([a-z][a-z0-9-]+)([^|;&\n`)]*)")
_OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")

_OF_EVERY_COMMAND = {"max-items", "output", "profile", "query", "region"}
_OF_THE_CLI = {
    ("ecr", "get-login-password"): set[str](),
    ("eks", "update-kubeconfig"): {"alias", "name"},
    ("logs", "tail"): {"filter-pattern", "follow", "since"},
    ("rds", "start-db-instance-automated-backups-replication"): {"source-region"},
    ("sso", "login"): set[str](),
}
"""What the CLI has beside the API's own, and what it takes."""

_REFUSED = {
    ("rds", "restore-db-instance-to-point-in-time", "manage-master-user-password"): (
        "for Oracle alone; modify the restored instance"
    ),
}
"""What the model has and AWS refuses for what we run, and why: only the options' descriptions say that."""


class Command(NamedTuple):
    """One command: its service, its operation, and the names of its options."""

    service: str
    operation: str
    options: tuple[str, ...]
    arguments: str


def found(text: str) -> Iterator[Command]:
    """Yield the commands in a text, those in others' arguments, too."""
    text = re.sub(r"\\\n\s*", " ", text)
    while match := _SUBSTITUTION.search(text):
        yield from found(match[1])
        text = text[: match.start()] + "SUBSTITUTED" + text[match.end() :]
    for service, operation, rest in _COMMAND.findall(_QUOTED.sub("QUOTED", text)):
        yield Command(service, operation, tuple(_OPTION.findall(rest)), rest)


def wrong(command: Command) -> list[str]:
    """Return what AWS would not take of a command; one without arguments is only named, and may lack what it needs."""
    name = f"aws {command.service} {command.operation}"
    own = _OF_THE_CLI.get(command[:2])
    model = _model(command.service)
    operation = _operations(model).get(command.operation) if model else None
    if command.operation == "wait" and model:
        return _wrong_wait(command, model)
    if operation is None and own is None:
        return [f"{name}: there is no such command"]
    known = {*(own or ()), *_OF_EVERY_COMMAND, *(_options(operation) if operation else ())}
    wrong = [f"{name}: it takes no --{option}" for option in command.options if option.removeprefix("no-") not in known]
    refused = {option: _REFUSED.get((command.service, command.operation, option)) for option in command.options}
    wrong += [f"{name}: --{option} is {reason}" for option, reason in refused.items() if reason]
    wanted = _required(operation) if operation and command.arguments.strip() else set()
    return [*wrong, *(f"{name}: it wants --{option}" for option in sorted(wanted - set(command.options)))]


def _wrong_wait(command: Command, model: ServiceModel) -> list[str]:
    """Return what is wrong with a command that waits."""
    waiters = _session().get_waiter_model(model.service_name)
    names = {xform_name(name, "-"): name for name in waiters.waiter_names}
    what = command.arguments.split()[0]
    if what not in names:
        return [f"aws {command.service} wait {what}: there is nothing of that name to wait for"]
    operation = model.operation_model(waiters.get_waiter(names[what]).operation)
    known = {*_OF_EVERY_COMMAND, *_options(operation)}
    return [f"aws {command.service} wait {what}: it takes no --{it}" for it in command.options if it not in known]


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def _model(service: str) -> ServiceModel | None:
    try:
        return _session().get_service_model(service)
    except UnknownServiceError:
        return None


def _operations(model: ServiceModel) -> dict[str, OperationModel]:
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _options(operation: OperationModel) -> set[str]:
    shape = operation.input_shape
    return {xform_name(member, "-") for member in shape.members} if shape else set()


def _required(operation: OperationModel) -> set[str]:
    shape = operation.input_shape
    return {xform_name(member, "-") for member in shape.required_members} if shape else set()
