"""One cluster for all scenes, which are played one after the other."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from rehearsal import RehearsalError
from rehearsal.steps import say
from tests.images.conftest import base, images  # noqa: F401 - fixtures
from tests.pods import places, report
from tests.pods.database import Database
from tests.pods.places import Place
from tests.pods.release import Release
from tests.pods.stage import PAUSE, PODS, Scene, Stage, page_view
from tests.system.load import Request

_SCENES = pytest.StashKey[list[Scene]]()

Play = Callable[..., AbstractContextManager[Scene]]

_BEGUN = monotonic()


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """The cluster of this run; where there is none to play in, nothing is played."""
    try:
        with places.place() as found:
            yield found
    except RehearsalError as error:
        pytest.exit(f"make pods: {error}", returncode=1)


@pytest.fixture(scope="session")
def database(place: Place) -> Database:
    """The database, where it is ours to stop."""
    if place.database is None:
        pytest.skip("the database that CLUSTER_DATABASE_URI names is not ours to stop")
    return place.database


@pytest.fixture(scope="session")
def stage(place: Place, images: dict[str, str]) -> Stage:  # noqa: F811 - the fixture above
    """The first release, which runs."""
    stage = Stage(place, Release("one", **images))
    first = {pod: stage.variant(pod, "one", "ENV RELEASE=one") for pod in PODS}
    stage.roll_out(Release("one", **first))
    stage.wait_until_reachable()
    with stage.load(least=500):  # what starts cold on a busy machine is no scene's affair
        pass
    return stage


@pytest.fixture
def play(stage: Stage, request: pytest.FixtureRequest) -> Play:
    """Play a scene under load, and keep what users noticed of it."""

    @contextmanager
    def playing(what: str, requests: Callable[[int], Request] = page_view, pause: float = PAUSE) -> Iterator[Scene]:
        with stage.load(requests, pause=pause) as load:
            scene = Scene(what, load)
            request.config.stash.setdefault(_SCENES, []).append(scene)
            yield scene
        if scene.failed():  # pytest shows it when the test fails
            say("\n".join(stage.complaints()))

    return playing


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write it where the environment says."""
    scenes = config.stash.get(_SCENES, [])
    if not scenes:
        return
    terminalreporter.section("pods")
    terminalreporter.write_line(report.table(scenes))
    terminalreporter.write_line(f"all of it, images too: {(monotonic() - _BEGUN) / 60:.1f} minutes")
    if path := os.environ.get("PODS_REPORT"):
        report.write(Path(path), scenes, monotonic() - _BEGUN)
