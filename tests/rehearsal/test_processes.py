"""The node without containers: pods are processes, one of each Deployment."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3

from k8s_charts import __main__ as synthesis
from k8s_charts import nginx
from rehearsal import ROOT, RehearsalError, manifests
from rehearsal.manifests import Manifest
from rehearsal.node import Node
from rehearsal.node.processes import Processes
from rehearsal.ports import free_port
from tests.pods.stage import wait_for

pytestmark = pytest.mark.full


class Laptop:
    """A node of processes, and the images that it knows."""

    def __init__(self, home: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.mark = f"test {home}"
        self.images = {name: self.copy(home / name, name) for name in ("backend", "frontend")}
        database = {
            "DATABASE_URI": f"sqlite:///{home}/users.db",
            "DATABASE_AUTH": "password",
            "DATABASE_ADMIN_SECRET": "",
        }
        self.node = Node(
            Processes(
                home / "pods",
                folder=self.folder,
                ports={("proxy", nginx.PORT): port},
                environment={**database, "MARK": self.mark},
            )
        )

    @staticmethod
    def copy(target: Path, service: str, change: Callable[[str], str] = str) -> Path:
        """Make an image of a service, with a change to its page."""
        ignored = shutil.ignore_patterns("__pycache__", ".*", "tests")
        shutil.copytree(ROOT / "services" / service, target, ignore=ignored)
        (main := target / "application/__main__.py").write_text(change(main.read_text()))
        return target

    def folder(self, image: str) -> Path | None:
        name = image.rpartition("/")[2].partition(":")[0]
        if name == "nginx":
            return None
        if name not in self.images:
            raise RehearsalError(f"there is no image {image} here")
        return self.images[name]

    def rolled_out(self, name: str) -> bool:
        deployment = self.node.get("apps", "deployments", name)
        status, (condition,) = deployment["status"], deployment["status"]["conditions"]
        seen = status["observedGeneration"] == deployment["metadata"]["generation"]
        return bool(seen and condition["reason"] == "NewReplicaSetAvailable")

    def containers(self, name: str) -> list[dict[str, Any]]:
        """Return what the containers of a Deployment's pods have come to."""
        pods = self.node.pods({"app.kubernetes.io/name": name})
        return [pod["status"]["containerStatuses"][0] for pod in pods]

    def waits_for(self, name: str, reason: str) -> bool:
        """Whether the one container of a Deployment waits, and gives this reason."""
        return [one["state"].get("waiting", {}).get("reason") for one in self.containers(name)] == [reason]

    def processes(self) -> list[psutil.Process]:
        """Return all processes that the pods have become."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("MARK") == self.mark:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def application(tmp_path: Path) -> list[Manifest]:
    """The application's objects, in the order in which they are applied."""
    synthesis.example(tmp_path / "manifests")
    return manifests.read(tmp_path / "manifests")


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    laptop = Laptop(tmp_path)
    with laptop.node:
        yield laptop
    assert laptop.processes() == []


def changed(application: list[Manifest], name: str, image: str) -> Manifest:
    """Return a Deployment of the application's with another image."""
    (deployment,) = (one for one in manifests.of_kind(application, "Deployment") if one["metadata"]["name"] == name)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = image
    return deployment


def test_the_application_serves_its_page_and_a_changed_image_takes_its_place(
    laptop: Laptop, application: list[Manifest], tmp_path: Path
) -> None:
    laptop.node.apply(application)
    wait_for(lambda: all(map(laptop.rolled_out, ("backend", "frontend", "proxy"))), "the roll-out")
    page = urllib3.request("GET", f"{laptop.url}/")
    assert (page.status, b"Bob" in page.data) == (200, True)
    before = laptop.node.pods({"app.kubernetes.io/name": "frontend"})

    laptop.images["next"] = Laptop.copy(tmp_path / "next", "frontend")
    template = tmp_path / "next/application/templates/base.html"
    template.write_text(template.read_text().replace("</body>", "the next release</body>"))
    laptop.node.apply([changed(application, "frontend", "registry.example.com/next:two")])
    wait_for(lambda: laptop.rolled_out("frontend"), "the next roll-out")
    wait_for(lambda: b"the next release" in urllib3.request("GET", laptop.url).data, "the next page")  # not a copy
    (after,) = laptop.node.pods({"app.kubernetes.io/name": "frontend"})
    assert [after["metadata"]["name"]] != [pod["metadata"]["name"] for pod in before]


def test_what_crashes_is_told_with_its_last_words(laptop: Laptop, application: list[Manifest], tmp_path: Path) -> None:
    laptop.images["broken"] = Laptop.copy(tmp_path / "broken", "frontend", lambda _: "raise SystemExit('no way')")
    laptop.node.apply([changed(application, "frontend", "registry.example.com/broken:two")])
    wait_for(lambda: laptop.waits_for("frontend", "CrashLoopBackOff"), "the crash")
    (container,) = laptop.containers("frontend")
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert "no way" in container["lastState"]["terminated"]["message"]


def test_an_image_that_is_not_here_is_told(laptop: Laptop, application: list[Manifest]) -> None:
    laptop.node.apply([changed(application, "frontend", "registry.example.com/unknown:two")])
    wait_for(lambda: laptop.waits_for("frontend", "CreateContainerError"), "the complaint")
    (container,) = laptop.containers("frontend")
    assert container["state"]["waiting"]["message"] == "there is no image registry.example.com/unknown:two here"


STUBBORN = """\
import signal
signal.signal(signal.SIGTERM, lambda *_: None)
print("here to stay", flush=True)
while True:
    signal.pause()
"""


def test_a_pod_is_not_started_before_the_one_in_its_place_is_gone(
    laptop: Laptop, application: list[Manifest], tmp_path: Path
) -> None:
    laptop.images["stubborn"] = Laptop.copy(tmp_path / "stubborn", "frontend", lambda _: STUBBORN)
    laptop.node.apply([changed(application, "frontend", "registry.example.com/stubborn:one")])
    wait_for(lambda: len(laptop.processes()) == 1, "its process")
    (pod,) = laptop.node.objects("Pod")
    wait_for(lambda: laptop.node.logs(pod["metadata"]["name"]) == "here to stay", "its start")
    laptop.node.apply([changed(application, "frontend", "registry.example.com/frontend:example")])
    wait_for(lambda: "deletionTimestamp" in laptop.node.objects("Pod")[0]["metadata"], "the word to end")
    assert len(laptop.node.objects("Pod")) == 1
    laptop.processes()[0].kill()
    wait_for(lambda: laptop.node.objects("Pod")[0]["metadata"]["name"] != pod["metadata"]["name"], "the next one")
