"""What the deployed system has logged in CloudWatch, and goes on to log: `make logs DEPLOYED=1`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from operations import OperationsError
from operations.account import Account

_LOOK_SECONDS = 2.0
_LATE = timedelta(minutes=1)
"""Lines may come so much after others that are younger."""

_POD = re.compile(r"containers\.(?P<pod>[a-z0-9.-]+)_(?P<namespace>[a-z0-9-]+)_(?P<container>[a-z0-9-]+)-[0-9a-f]{8,}")
"""What a stream of the pods' group ends with: Fluent Bit names it after the container's file."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Source:
    """Where a service's lines are.

    Attributes:
        stack: the stack that owns the log groups.
        groups: what the groups' logical IDs begin with.
        container: the container in the pods' streams whose lines they are; all lines where there is none.
    """

    stack: str
    groups: tuple[str, ...]
    container: str = ""


SOURCES: Mapping[str, Source] = {
    "pods": Source("ClusterStack", ("PodLogsGroup",)),
    **{name: Source("ClusterStack", ("PodLogsGroup",), name) for name in ("proxy", "frontend", "backend", "migration")},
    "database": Source("DataStack", ("DatabaseLogerror", "DatabaseLogslowquery")),
    "test-database": Source("CiStack", ("TestDatabaseLogerror", "TestDatabaseLogslowquery")),
    "gate": Source("ProdStack", ("GateLogs",)),
    "watch": Source("ProdStack", ("WatchPodsLogs",)),
    "webhook": Source("CiStack", ("WebhookLogs", "WebhookAccessLog")),
    "cluster": Source("ClusterStack", ("ClusterLogs",)),
    "network": Source("NetworkStack", ("FlowLogs",)),
}
"""What `SERVICE` may be; `pods` where nothing is said. What the CDK's own functions log is left to CloudWatch."""


def since(text: str) -> timedelta:
    """Return how long ago `text`, such as `15m`, is.

    Raises:
        OperationsError: it is no number with one of s, m, h and d behind it.
    """
    found = re.fullmatch(r"(\d{1,5})([smhd])", text)
    if found is None:
        raise OperationsError(f"SINCE={text}: allowed is a number with s, m, h or d behind it, such as 15m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def source(name: str) -> Source:
    """Return where the lines of a service are.

    Raises:
        OperationsError: nothing is called so.
    """
    if name not in SOURCES:
        raise OperationsError(f"SERVICE={name}: allowed are {', '.join(SOURCES)}")
    return SOURCES[name]


def lines(account: Account, wanted: Source, *, ago: timedelta, follow: bool) -> Iterator[str]:
    """Yield lines in the order of their time, with the pod that wrote them; to `follow`, those that come then, too.

    Raises:
        AwsError: CloudWatch does not say.
        OperationsError: the groups' stack is not deployed.
    """
    groups = _groups(account, wanted)
    begin, seen = datetime.now(UTC) - ago, set[str]()
    while True:
        now = datetime.now(UTC)
        found = [event for group in groups for event in _events(account, group, begin)]
        fresh = [event for event in found if _identity(event) not in seen]
        for event in sorted(fresh, key=lambda event: int(event["timestamp"])):
            if (line := _line(event, wanted.container)) is not None:
                yield line
        if not follow:
            return
        seen = {_identity(event) for event in found}
        begin = max(begin, now - _LATE)
        sleep(_LOOK_SECONDS)


def _groups(account: Account, wanted: Source) -> list[str]:
    found = account.resources(wanted.stack, "AWS::Logs::LogGroup")
    groups = [group for name, group in found.items() if name.startswith(wanted.groups)]
    if not groups:
        raise OperationsError(f"{wanted.stack} is not deployed in {account.region}; see `make status DEPLOYED=1`")
    return groups


def _events(account: Account, group: str, begin: datetime) -> list[dict[str, Any]]:
    start = int(begin.timestamp() * 1000)
    return account.listed("logs", "filter_log_events", "events", logGroupName=group, startTime=start)


def _identity(event: Mapping[str, Any]) -> str:
    """Return what tells an event from others: its ID, or, in an AWS that gives none, all that it says."""
    return str(event.get("eventId", event))


def _line(event: Mapping[str, Any], container: str) -> str | None:
    """Return an event as a line; None where it is another container's."""
    pod = _POD.search(event["logStreamName"])
    if container and (pod is None or pod["container"] != container):
        return None
    when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    who = pod["pod"] if pod else event["logStreamName"]
    return f"{when:%H:%M:%S} {who}: {event['message'].rstrip()}"
