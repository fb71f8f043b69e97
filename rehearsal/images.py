"""Images without containers: what a Dockerfile copies into one, in a folder that its content names.

A process started there runs what the image would, on this machine's Python. A release that was built stays as it was,
so that one can go back to it.
"""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from k8s_charts import dockerfile
from rehearsal import RehearsalError

_REGISTRY = "rehearsal.invalid/slipway"
_RELEASE = "ARG RELEASE="


def release(services: Path) -> str:
    """Return what tells these services' content from every other."""
    digest = sha256()
    for service in folders(services):
        digest.update(_digest(service).encode())
    return f"working-tree-{digest.hexdigest()[:12]}"


def build(services: Path, store: Path) -> dict[str, str]:
    """Make the image of each service where it is not made yet; return their references by digest.

    Each knows its release, as ci/build tells it.
    """
    references = {}
    for service in folders(services):
        digest = sha256(f"{release(services)} {_digest(service)}".encode()).hexdigest()
        image = store / service.name / digest
        if not image.exists():
            unfinished = image.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _copy(service, unfinished, release(services))
            unfinished.rename(image)
        references[service.name] = f"{_REGISTRY}/{service.name}@sha256:{digest}"
    return references


def folder(store: Path, reference: str) -> Path | None:
    """Return the folder of an image; None for another registry's NGINX, whose program comes with the rehearsal.

    Raises:
        RehearsalError: no such image was made.
    """
    name, _, digest = reference.partition("@sha256:")
    if not name.startswith(f"{_REGISTRY}/"):
        if "nginx" in name:
            return None
        raise RehearsalError(f"there is no image {reference} here, and none is fetched")
    image = store / name.removeprefix(f"{_REGISTRY}/") / digest
    if not image.exists():
        raise RehearsalError(f"there is no image {reference} here; it was never built, or it was removed")
    return image


def folders(services: Path) -> list[Path]:
    """Return the folder of each service."""
    return sorted(path.parent for path in services.glob("*/Dockerfile"))


def _copy(service: Path, image: Path, named: str) -> None:
    """Do what the Dockerfile copies, and keep the Dockerfile, which says how the image's process starts."""
    image.mkdir(parents=True)
    for source, target in dockerfile.read(service / "Dockerfile").copied:
        place = image / target / source if target.endswith("/") and (service / source).is_file() else image / target
        if (service / source).is_dir():
            shutil.copytree(service / source, place, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(service / source, place)
    lines = (service / "Dockerfile").read_text().splitlines()
    told = [f"{_RELEASE}{named}" if line.startswith(_RELEASE) else line for line in lines]
    (image / "Dockerfile").write_text("\n".join(told) + "\n")


def _digest(service: Path) -> str:
    """Return what tells what an image is made from."""
    digest = sha256()
    for path in _content(service):
        digest.update(f"{path.relative_to(service)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _content(service: Path) -> Iterator[Path]:
    """Yield the files that an image is made from, in an order that is always the same."""
    yield service / "Dockerfile"
    for source, _ in dockerfile.read(service / "Dockerfile").copied:
        files = sorted((service / source).rglob("*")) if (service / source).is_dir() else [service / source]
        yield from (path for path in files if path.is_file() and "__pycache__" not in path.parts)
