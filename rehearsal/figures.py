"""What users got from the services since their pods started, as each pod's metrics tell a Prometheus."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import urllib3
from prometheus_client.parser import text_string_to_metric_families

_PORT = "metrics"
"""What a pod calls the port of its metrics."""

_OF_NO_USER = ("/healthz", "/readyz", "probe")
_ANSWER_SECONDS = 2.0
_FAILED = 500
_MILLISECONDS = 1000.0


@dataclass
class Figures:
    """Of all pods of a service together.

    Attributes:
        requests: requests answered, by status; those of probes are left out.
        outages: times that something behind it went away.
        within: how many took at most so many seconds.
    """

    requests: Counter[int] = field(default_factory=Counter)
    outages: int = 0
    within: Counter[float] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Requests that the service could not answer."""
        return sum(count for status, count in self.requests.items() if status >= _FAILED)

    def slowest(self, share: float) -> str:
        """Return within what time this share of the requests was answered, as far as is counted."""
        enough = share * max(self.within.values(), default=0)
        for seconds in sorted(self.within):
            if 0 < enough <= self.within[seconds]:
                return f"<= {seconds * _MILLISECONDS:.0f} ms" if isfinite(seconds) else "more"
        return ""

    def add(self, text: str) -> None:
        """Add what one pod tells."""
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels.get("route") in _OF_NO_USER:
                    continue
                match sample.name:
                    case "http_requests_total":
                        self.requests[int(sample.labels["status"])] += int(sample.value)
                    case "http_request_duration_seconds_bucket":
                        self.within[float(sample.labels["le"])] += int(sample.value)
                    case "dependency_outages_total":
                        self.outages += int(sample.value)


def of(pods: Iterable[Mapping[str, Any]]) -> dict[str, Figures]:
    """Ask the pods; return the figures of each service that has any."""
    found: dict[str, Figures] = {}
    for pod in pods:
        for text in _told(pod):
            found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/name"], Figures()).add(text)
    return found


def _told(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a pod tells; nothing where it has no such port, or does not answer there."""
    (container,) = pod["spec"]["containers"]
    for port in container.get("ports", []):
        if port.get("name") == _PORT and pod["status"]["podIP"]:
            url = f"http://{pod['status']['podIP']}:{port['containerPort']}/metrics"
            try:
                yield urllib3.request("GET", url, timeout=_ANSWER_SECONDS, retries=False).data.decode()
            except urllib3.exceptions.HTTPError:
                return
