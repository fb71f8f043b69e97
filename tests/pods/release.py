"""Releases of the application: images that differ in their name for themselves or in how they break, and manifests."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cdk8s

from k8s_charts.application import Application, Images
from k8s_charts.database import Database
from k8s_charts.network import Network
from rehearsal.manifests import Manifest

NAMESPACE = "slipway"
URI_FROM = "database"

_FAILS = "import flask; app.before_request(lambda: flask.abort(500) if flask.request.path == '/' else None)"

BREAKS = {
    "crashes": """CMD ["python", "-c", "raise SystemExit('this release crashes')"]""",
    "never gets ready": """CMD ["sleep", "infinity"]""",
    "answers 500": f'USER 0\nRUN echo "{_FAILS}" >> /app/application/__init__.py\nUSER 10001:10001',
}
"""What a Dockerfile on top of the frontend's image makes of it."""


@dataclass(frozen=True)
class Surroundings:
    """What the charts are told of where they run."""

    database_uri: str
    network: Network


@dataclass(frozen=True)
class Release:
    """The images of a release, by the pods' names."""

    name: str
    backend: str
    frontend: str
    proxy: str

    def with_image(self, name: str, pod: str, image: str) -> "Release":
        """Return a release in which one pod has another image."""
        return replace(self, **{"name": name, pod: image})

    def manifests(self, surroundings: Surroundings) -> tuple[list[Manifest], list[Manifest]]:
        """Return what prepares the release, its migration last, and what runs it."""
        app = cdk8s.App()
        application = Application(
            app,
            images=Images(backend=self.backend, frontend=self.frontend, proxy=self.proxy),
            database=Database(uri_secret=URI_FROM),
            network=surroundings.network,
            release=self.name,
            namespace=NAMESPACE,
        )
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": URI_FROM, "namespace": NAMESPACE},
            "stringData": {"DATABASE_URI": surroundings.database_uri},
        }
        namespace, migration = application.namespace.to_json(), application.migration.to_json()
        running = [_of_fixed_size(item) for chart in application.charts[2:] for item in chart.to_json()]
        return [*namespace, secret, *migration], running


def _of_fixed_size(manifest: Manifest) -> Manifest:
    """Return an autoscaler that heeds no load: how many pods there are is the scenes' affair."""
    if manifest["kind"] != "HorizontalPodAutoscaler":
        return manifest
    return {**manifest, "spec": {**manifest["spec"], "maxReplicas": manifest["spec"]["minReplicas"]}}


def derive(image: str, tag: str, lines: Sequence[str]) -> str:
    """Build an image on top of another, and return its name."""
    name = f"{image.rpartition(':')[0]}:{tag}"
    with TemporaryDirectory() as context:
        (Path(context) / "Dockerfile").write_text("\n".join([f"FROM {image}", *lines, ""]))
        subprocess.run(["podman", "build", "--quiet", f"--tag={name}", context], check=True, stdout=subprocess.DEVNULL)
    return name
