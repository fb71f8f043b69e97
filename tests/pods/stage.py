"""What a scene plays on: a cluster, the release that runs there, and load on the entrance."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic, sleep
from typing import Any, cast

from rehearsal.cluster import Cluster
from rehearsal.manifests import of_kind
from slipway.rollout_gate_handler.gate.handler import verdict
from slipway.rollout_gate_handler.gate.kubernetes import Kubernetes
from tests.pods.places import Place
from tests.pods.release import Release, derive
from tests.system.client import get
from tests.system.load import Answer, Load, Request

PODS = ("backend", "frontend", "proxy")
FEWEST = 3

LEAST_REQUESTS = 10_000
"""In each scene, from before what happens to after it."""

GATE_SECONDS = 600.0
"""What a good release may take, as in production."""

_CONNECTIONS, PAUSE = 10, 0.03  # half of what two cores can carry beside nine pods: these need the rest to start
_BEFORE, _AFTER = 500, 500
"""Requests before anything happens, and after it has."""

_WRONG = ('"level":"error"', '"level":"warning"', "[error]", "[warn]", "[alert]", "[crit]")
"""How the pods' logs mark what is wrong."""

_PATIENCE = 180.0
_ENTRANCE_PATIENCE = 600.0  # a load balancer that is new, and its name
_LOOK_SECONDS = 0.1


def page_view(number: int) -> Request:
    """Ask for the page as who has just changed something: past NGINX's copies, down to the database."""
    return Request("GET", f"/?view={number}", cookie="notice=load")


@dataclass
class Stage:
    """A cluster in which a release runs.

    Attributes:
        place: where the cluster is.
        release: what runs.
    """

    place: Place
    release: Release

    @property
    def cluster(self) -> Cluster:
        """The cluster."""
        return self.place.cluster

    def variant(self, pod: str, tag: str, *lines: str) -> str:
        """Build an image on top of the one that a pod has, where the cluster finds it; return its name."""
        local = f"localhost/slipway/{getattr(self.release, pod).partition('@')[0].rpartition('/')[2]}"
        return self.place.publish(derive(local, tag, lines))

    def roll_out(self, release: Release, seconds: float = GATE_SECONDS) -> None:
        """Do what a deployment does: migrate, wait for the gate, apply the rest, wait for the gate.

        Raises:
            RolloutError: the gate's verdict.
        """
        preparation, running = release.manifests(self.place.surroundings)
        self.cluster.apply(preparation)
        jobs = [job["metadata"]["name"] for job in of_kind(preparation, "Job")]
        self._wait_for_verdict({"Jobs": jobs}, seconds)
        self.cluster.apply(running)
        self._wait_for_verdict({"Deployments": PODS, "Fewest": FEWEST}, seconds)
        self.release = release

    def roll_back(self) -> None:
        """Do what CloudFormation does after the gate's refusal: put back what ran, and run no job.

        Raises:
            RolloutError: it does not run again.
        """
        _, running = self.release.manifests(self.place.surroundings)
        self.cluster.apply(running)
        self._wait_for_verdict({"Deployments": PODS, "Fewest": FEWEST}, GATE_SECONDS)

    def pods(self, name: str) -> list[dict[str, Any]]:
        """Return the pods of one Deployment, those that are ending too."""
        return self.cluster.pods({"app.kubernetes.io/name": name})

    def ready(self, name: str) -> int:
        """Return how many pods of one Deployment serve."""
        return int(self.cluster.get("apps", "deployments", name)["status"].get("readyReplicas", 0))

    def served(self, pod: dict[str, Any]) -> int:
        """Return how many page views a pod has seen, from its log."""
        mark = "limit=50" if pod["metadata"]["labels"]["app.kubernetes.io/name"] == "backend" else "/?view="
        return sum(mark in line for line in self.cluster.logs(pod["metadata"]["name"]).splitlines())

    def wait_until_settled(self, name: str, replicas: int = FEWEST) -> None:
        """Wait until a Deployment has so many pods, all serving, and none that is ending."""
        wait_for(lambda: len(self.pods(name)) == replicas == self.ready(name), f"{replicas} pods of {name}")

    def complaints(self) -> list[str]:
        """Return the lines of all pods' logs that tell of something wrong, access logs left out."""
        pods = [pod["metadata"]["name"] for name in PODS for pod in self.pods(name)]
        lines = [(pod, line) for pod in pods for line in self.cluster.logs(pod).splitlines()]
        return [f"{pod}: {line}" for pod, line in lines if any(word in line for word in _WRONG)]

    def wait_until_reachable(self) -> None:
        """Wait until the entrance leads to the page."""
        wait_for(lambda: _serves(f"{self.cluster.url}/"), f"the page at {self.cluster.url}", _ENTRANCE_PATIENCE)

    @contextmanager
    def load(
        self, requests: Callable[[int], Request] = page_view, least: int = LEAST_REQUESTS, pause: float = PAUSE
    ) -> Iterator[Load]:
        """Keep users busy from before the block to after it, with as many requests as a scene must have."""
        load = Load(self.cluster.url, requests, _CONNECTIONS, pause, keep=self.place.keeps_connections)
        with load.running():
            wait_for(lambda: len(load.answers) >= _BEFORE, "users before")
            yield load
            enough = max(least, len(load.answers) + _AFTER)
            wait_for(lambda: len(load.answers) >= enough, "users after")

    def _wait_for_verdict(self, properties: dict[str, Any], seconds: float) -> None:
        verdict(cast("Kubernetes", self.cluster), properties, seconds)


def _serves(url: str) -> bool:
    try:
        return get(url).status == HTTPStatus.OK
    except OSError:  # nobody listens yet
        return False


def wait_for(true: Callable[[], bool], what: str, patience: float = _PATIENCE, look: float = _LOOK_SECONDS) -> float:
    """Wait until something is true, which is looked at every `look` seconds, and return how long it took."""
    begun = monotonic()
    while not true():
        assert monotonic() - begun < patience, f"{what}: not after {patience:.0f} s"
        sleep(look)
    return monotonic() - begun


@dataclass
class Scene:
    """What happened, and what users noticed of it.

    Attributes:
        what: what happened.
        load: the users.
        seen: what else is worth telling.
    """

    what: str
    load: Load
    seen: str = ""

    def failed(self) -> list[Answer]:
        """Return what did not go well: no answer, or one that is neither 2xx nor a form's redirection."""
        return [answer for answer in self.load.answers if not 200 <= answer.status < 300 and answer.status != 303]

    def releases(self) -> Counter[str]:
        """Return how many answers each release gave; what came from no frontend is nobody's."""
        return Counter(answer.release or "nobody" for answer in self.load.answers)

    def explain(self) -> str:
        """Say when and how requests failed."""
        failed = sorted(self.failed(), key=lambda answer: answer.sent)
        kinds = Counter(f"{answer.request.method} {answer.status} {answer.reason}".strip() for answer in failed)
        seconds = Counter(int(answer.sent - self.load.answers[0].sent) for answer in failed)
        return f"{len(failed)} failed: {dict(kinds)}; by the second {dict(seconds)}"

    def cells(self) -> list[str]:
        """Return what stands in the table."""
        answers = self.load.answers
        releases = ", ".join(f"{name} {count:,}" for name, count in sorted(self.releases().items()))
        took = max(answer.ended for answer in answers) - min(answer.sent for answer in answers)
        slowest = max(answer.seconds for answer in answers)
        return [
            self.what,
            f"{len(answers):,}",
            str(len(self.failed())),
            f"{slowest:.2f} s",
            releases,
            f"{took:.0f} s",
            self.seen,
        ]
