"""What users notice of a release, of a pod that dies, of a database that goes away: nothing, with few exceptions."""

from itertools import product
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, quote
from uuid import uuid4

import pytest

from slipway.rollout_gate_handler.gate.handler import RolloutError
from tests.pods.conftest import Play
from tests.pods.database import Database
from tests.pods.release import BREAKS
from tests.pods.stage import FEWEST, PAUSE, PODS, Stage, page_view, wait_for
from tests.system.load import Load, Request
from tests.system.noise import assert_under

pytestmark = [pytest.mark.pods]

PROBE_PERIOD = 5.0
"""Seconds within which capacity is to be back; a busy machine gets twice that."""

GATE_LIMIT = 40.0
"""Seconds that the gate waits for a release that is known to be broken."""

SLOWEST = 1.0
RECOVERY = 3.0
"""The application's promise for outages, in seconds."""


@pytest.mark.parametrize("pod", PODS)
def test_a_rolling_update_drops_no_request(pod: str, stage: Stage, play: Play) -> None:
    image = stage.variant(pod, "two", "ENV RELEASE=two")
    with play(f"rolling update of the {pod}") as scene:
        begun = monotonic()
        stage.roll_out(stage.release.with_image(f"{pod}-two", pod, image))
        rolled_out = monotonic() - begun
        stage.wait_until_settled(pod)
        # Connections are renewed within 75 seconds. To read the logs takes what users need, so that it is done seldom.
        wait_for(lambda: all(map(stage.served, stage.pods(pod))), "a request to every new pod", look=10)
        served = [stage.served(new) for new in stage.pods(pod)]
    scene.seen = f"rolled out after {rolled_out:.0f} s; requests to the new pods: {served}"
    assert not scene.failed(), scene.explain()
    assert len(served) == FEWEST
    assert ("two" in scene.releases()) is (":two" in stage.release.frontend)


@pytest.mark.parametrize("pod", PODS)
def test_a_pod_that_is_killed_is_replaced_and_not_missed(pod: str, stage: Stage, play: Play) -> None:
    """Nobody asks a second proxy for what the first one lost, or for what comes to it before it is back."""
    with play(f"kill -9 of a {pod}") as scene:
        begun = monotonic()
        stage.cluster.kill(stage.pods(pod)[0]["metadata"]["name"])
        wait_for(lambda: stage.ready(pod) < FEWEST, "a pod that is not ready")
        wait_for(lambda: stage.ready(pod) == FEWEST, "capacity")
        back = monotonic() - begun
        sleep(10)
    missed = [answer for answer in scene.failed() if pod != "proxy" or not begun <= answer.ended < begun + back]
    scene.seen = f"capacity back after {back:.1f} s"
    assert not missed, scene.explain()
    assert back <= 2 * PROBE_PERIOD


@pytest.mark.parametrize("breaks", BREAKS)
def test_a_broken_release_reaches_no_user(breaks: str, stage: Stage, play: Play) -> None:
    before = stage.release
    image = stage.variant("frontend", breaks.replace(" ", "-"), BREAKS[breaks], "ENV RELEASE=broken")
    with play(f"a release that {breaks}") as scene:
        begun = monotonic()
        with pytest.raises(RolloutError) as verdict:
            stage.roll_out(before.with_image(f"broken-{uuid4().hex[:4]}", "frontend", image), GATE_LIMIT)
        refused = monotonic() - begun
        ready = stage.ready("frontend")
        stage.roll_back()
    scene.seen = f"refused after {refused:.0f} s: {str(verdict.value).partition('frontend-')[2]}"
    assert refused < GATE_LIMIT + 20
    assert ready == FEWEST
    assert "broken" not in scene.releases()
    assert stage.release == before
    assert not scene.failed(), scene.explain()


def test_a_database_that_restarts(database: Database, play: Play) -> None:
    def restart() -> float:
        run = uuid4().hex[:8]
        with play("the database is restarted", reads_and_writes(run)) as scene:
            begun = monotonic()
            database.stop()
            sleep(5)
            database.start()
            ended = monotonic()
            sleep(RECOVERY + 5)
        failed = scene.failed()
        back = max(answer.ended for answer in failed) - ended
        stored = set(database.sql("SELECT userName FROM users", schema="users").split())
        scene.seen = f"back after {max(0, back):.1f} s; {len(acknowledged(scene.load))} writes acknowledged, all kept"
        assert {answer.status for answer in failed} == {503}, scene.explain()
        assert all(answer.retry_after for answer in failed)
        assert begun <= min(answer.ended for answer in failed)
        assert back < RECOVERY, scene.explain()
        assert acknowledged(scene.load)
        assert acknowledged(scene.load) <= stored
        return max(answer.seconds for answer in scene.load.answers)

    assert_under(SLOWEST, restart)


def test_pods_are_added_and_taken_away(stage: Stage, play: Play) -> None:
    """One by one, and with fewer users: two cores that hold twice the pods have less left for them."""
    with play("from 3 pods of each to 6, and back", pause=3 * PAUSE) as scene:
        for pod, replicas in product(PODS, range(FEWEST + 1, 2 * FEWEST + 1)):
            stage.cluster.scale(pod, replicas)
            stage.wait_until_settled(pod, replicas)
        sleep(15)
        most = [stage.ready(pod) for pod in PODS]
        for pod in PODS:
            stage.cluster.scale(pod, FEWEST)
        for pod in PODS:
            stage.wait_until_settled(pod)
    scene.seen = f"at most {most} pods"
    assert most == [2 * FEWEST] * len(PODS)
    assert not scene.failed(), scene.explain()


def reads_and_writes(run: str) -> Any:
    """Make nine page views for each new user of this run."""

    def request(number: int) -> Request:
        if number % 10:
            return page_view(number)
        body = f"name={quote(f'{run}-{number}')}".encode()
        return Request("POST", "/users", body, "application/x-www-form-urlencoded")

    return request


def acknowledged(load: Load) -> set[str]:
    """Return the users whose addition was confirmed."""
    return {parse_qs(answer.request.body.decode())["name"][0] for answer in load.answers if answer.status == 303}
