"""One deployment for all scenes, which are played on it one after the other; in the end it is destroyed."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from rehearsal import ROOT
from rehearsal.aws.client import Connect, connect
from rehearsal.deployment import STACKS
from rehearsal.machine import PODMAN, PROCESSES
from tests.rehearsal.clones import Clone, changed_by, copied, in_podman
from tests.rehearsal.scenes import registry as registries
from tests.rehearsal.scenes import report
from tests.rehearsal.scenes.report import Scene

_SCENES = pytest.StashKey[list[Scene]]()

Play = Callable[..., AbstractContextManager[Scene]]

PODS_IN_CONTAINERS = 9
IN_CONTAINERS = "three pods of each, under their security contexts and limits; probes, preStop, grace, roll-outs"

OF_THE_DEVELOPER = {"AWS_PROFILE": "of-the-developer", "GRANIAN_WORKERS": "none"}
"""What the shell that deploys has for itself."""


def playing(config: pytest.Config) -> Play:
    """Return what plays a scene and keeps what it came to."""

    @contextmanager
    def play(what: str, *, real: str = "") -> Iterator[Scene]:
        scene, begun = Scene(what, real), monotonic()
        config.stash.setdefault(_SCENES, []).append(scene)
        try:
            yield scene
        except BaseException as error:
            scene.failure = str(error) or type(error).__name__
            raise
        finally:
            scene.seconds = monotonic() - begun

    return play


@pytest.fixture(scope="session")
def play(request: pytest.FixtureRequest) -> Play:
    """Play a scene, and keep what it came to for the report."""
    return playing(request.config)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, play: Play) -> Iterator[Clone]:
    """A copy of the repository in which everything is deployed, by a shell with settings of its own."""
    pods = os.environ.get("PODS") or PROCESSES
    with copied(tmp_path_factory.mktemp("up") / "a clone", pods) as clone, pytest.MonkeyPatch.context() as shell:
        for name, value in OF_THE_DEVELOPER.items():
            shell.setenv(name, value)
        with play("from nothing to serving", real=f"pods are {pods}" if pods == PROCESSES else IN_CONTAINERS) as scene:
            started = clone.up()
            assert started.returncode == 0, started.stderr
            assert f"http://127.0.0.1:{clone.port}/" in started.stdout
            assert changed_by(started) == set(STACKS)
            scene.seen += [line.strip() for line in started.stdout.splitlines() if "Memory" in line or "Up in" in line]
        yield clone
        with play("destroy everything", real="an inventory of every service by boto3") as scene:
            destroyed = clone.run("down")
            assert destroyed.returncode == 0, destroyed.stderr
            assert destroyed.stdout.endswith("Everything is destroyed and stopped.\n")
            assert clone.processes() == set()
            scene.seen.append("nothing is left in AWS, and no process")


@pytest.fixture(scope="session")
def aws(system: Clone) -> Connect:
    """Make clients of the clone's AWS."""
    return connect(system.aws())


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of images that pods in containers can be of."""
    if missing := registries.what_is_missing():
        pytest.skip(missing)
    with registries.serving(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def base() -> str:
    """An image that the services' can be built on here."""
    made = subprocess.run([ROOT / "ci/base-image"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return made.stdout.strip()


@pytest.fixture(scope="session")
def containers(tmp_path_factory: pytest.TempPathFactory, play: Play, registry: str, base: str) -> Iterator[Clone]:
    """A copy of the repository in which everything is deployed, with pods in containers."""
    assert registry, "the engine knows it before it starts"
    others = in_podman()
    with copied(tmp_path_factory.mktemp("podman") / "a clone", PODMAN) as clone, pytest.MonkeyPatch.context() as shell:
        shell.setenv("BASE_IMAGE", base)
        with play("from nothing to serving, in containers", real=IN_CONTAINERS) as scene:
            started = clone.up()
            assert started.returncode == 0, started.stderr
            assert "Bob" in clone.page()
            assert started.stdout.count(" ready\n") == PODS_IN_CONTAINERS
            scene.seen += [line.strip() for line in started.stdout.splitlines() if "Memory" in line or "Up in" in line]
        yield clone
        with play("destroy everything, containers too") as scene:
            destroyed = clone.run("down")
            assert destroyed.returncode == 0, destroyed.stderr
            assert clone.processes() == set()
            assert in_podman() == others
            scene.seen.append("nothing is left in AWS, no process, no container and no network")


@pytest.fixture(scope="session")
def cloud(containers: Clone) -> Connect:
    """Make clients of the AWS behind those containers."""
    return connect(containers.aws())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the report, and write it to dist/."""
    if scenes := config.stash.get(_SCENES, []):
        terminalreporter.section("rehearsal")
        terminalreporter.write(report.text(scenes))
        report.write(Path(ROOT / "dist"), scenes)
        terminalreporter.write_line("the same as a page: dist/rehearsal.html")
