"""Users of a deployment to which something happens, and what they notice of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.node.client import Client
from tests.rehearsal.clones import Clone
from tests.rehearsal.scenes.report import Scene
from tests.system.load import Answer, Load, Request

CONNECTIONS, PAUSE = 2, 0.1
"""Few: images are built and stacks deployed beside them, on what has to be several machines."""

_WRONG = ('"level":"error"', '"level":"warning"', "[error]", "[warn]", "[alert]", "[crit]")
"""How the pods' logs mark what is wrong."""


def page_view(number: int) -> Request:
    """Ask for the page past NGINX's copies, down to the database."""
    return Request("GET", f"/?view={number}", cookie="notice=load")


@contextmanager
def unnoticed(clone: Clone, scene: Scene, connections: int = CONNECTIONS, pause: float = PAUSE) -> Iterator[Load]:
    """Keep users busy while the block runs, and then see that each of them got a page each time."""
    load = Load(f"http://127.0.0.1:{clone.port}", page_view, connections, pause)
    with load.running():
        yield load
    statuses = dict(Counter(answer.status for answer in load.answers))
    releases = dict(Counter(answer.release for answer in load.answers))
    slowest = max(answer.seconds for answer in load.answers)
    scene.seen.append(f"answers by status: {statuses}; by release: {releases}; the slowest took {slowest:.2f} s")
    lost = [answer for answer in load.answers if answer.status != 200]
    assert not lost, _explain(lost, load.answers[0].sent, clone)


def _explain(lost: list[Answer], begun: float, clone: Clone) -> str:
    """Say when which requests were lost, and what the pods that are there have to say of it."""
    requests = [f"{one.sent - begun:.1f} s: {one.status} {one.reason} after {one.seconds:.2f} s" for one in lost]
    client = Client(clone.path / ".slipway/kubeconfig", "slipway")
    lines = [
        f"{name}: {line}"
        for name in (pod["metadata"]["name"] for pod in client.pods())
        for line in client.log(name).splitlines()
        if any(mark in line for mark in _WRONG)
    ]
    return "\n".join([f"{len(lost)} requests were lost", *requests, *lines])
