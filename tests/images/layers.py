"""Takes an image apart, into what each of its layers has added, whatever a later one has removed."""

import json
import tarfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

from tests.images.conftest import inspect, podman


def unpack(image: str, base: str, target: Path) -> None:
    """Write the image's description, and the files in the layers that it adds to `base`, below `target`.

    Left out is what an installed package has brought, byte for byte as it says itself: the locks answer for that.
    """
    layers, below = (inspect(name)["RootFS"]["Layers"] for name in (image, base))
    assert layers[: len(below)] == below, f"{image} does not stand on {base}"
    target.mkdir()
    archive = target / "image.tar"
    podman("save", "--quiet", "--format=docker-archive", f"--output={archive}", image)
    with tarfile.open(archive) as saved:
        (parts,) = json.loads(_read(saved, "manifest.json"))
        (target / "image.json").write_text(json.dumps(json.loads(_read(saved, parts["Config"])), indent=1))
        for number, name in enumerate(parts["Layers"][len(below) :]):
            with tarfile.open(fileobj=saved.extractfile(name)) as layer:
                _write_files(layer, target / f"layer-{number}")
    archive.unlink()
    for packages in target.glob("layer-*/**/site-packages"):
        leave_out_packages(packages)


def leave_out_packages(folder: Path) -> None:
    """Remove the files that are still what a package in this folder has brought."""
    for package in distributions(path=[str(folder)]):
        for file in package.files or ():
            path = Path(str(file.locate()))
            if file.hash and path.is_file() and digest(path) == file.hash.value:
                path.unlink()


def digest(path: Path) -> str:
    """Return a file's digest as a RECORD has it."""
    return urlsafe_b64encode(sha256(path.read_bytes()).digest()).decode().rstrip("=")


def _write_files(layer: tarfile.TarFile, folder: Path) -> None:
    """Write a layer's files, and pass over its links, which may lead out of the folder."""
    for member in layer:
        if member.isfile():
            file = folder / member.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_read(layer, member))


def _read(archive: tarfile.TarFile, member: str | tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()
