"""What the services' images add to the image that they are built on, package by package."""

import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

from benchmarks import BenchmarkError
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table
from rehearsal import ROOT
from rehearsal.steps import say

TITLE = "What an image adds to its base"
ABOUT = """\
Both services' images, built as they are released. A package's size is that of its files, compiled ones included; the
rest is our own code, the virtual environment itself and, in the backend, RDS's certificate authorities. In
megabytes."""

_SERVICES = ("backend", "frontend")
_MEGABYTE = 1e6


def measure(_: Plan, home: Path) -> Findings:
    """Build both images and look into them.

    Raises:
        BenchmarkError: there is no Podman, or an image cannot be built.
    """
    if not shutil.which("podman"):
        raise BenchmarkError("no Podman here: apt-get install podman")
    base = _output("ci/base-image")
    added, packages = {}, {}
    for name in _SERVICES:
        say(f"    the image of the {name} is built")
        tag = f"localhost/slipway/{name}:benchmark"
        arguments = (f"--build-arg=BASE={base}", "--build-arg=RELEASE=test", "--target=runtime", f"--tag={tag}")
        _output("podman", "build", "--network=host", *arguments, f"services/{name}")
        added[name] = _size(tag) - _size(base)
        packages[name] = _packages(tag, home / name)
    return Findings(
        tables=[table(added, packages)],
        bars=[Bar(f"what the {name}'s image adds", added[name] / _MEGABYTE, 110, "MB") for name in _SERVICES],
    )


def _packages(image: str, copy: Path) -> dict[str, int]:
    """Return the bytes of each package in an image. Its virtual environment is copied out for that; nothing is run."""
    container = _output("podman", "create", image)
    try:
        _output("podman", "cp", f"{container}:/opt/venv", str(copy))
    finally:
        _output("podman", "rm", container)
    (site,) = copy.glob("lib/python3*/site-packages")
    return {
        package.name: sum(
            file.stat().st_size for path in package.files or () if (file := Path(path.locate())).is_file()
        )
        for package in distributions(path=[str(site)])
    }


def table(added: dict[str, int], packages: dict[str, dict[str, int]]) -> Table:
    """Return the packages of all images, largest first.

    Args:
        added: bytes that each image adds, by the services' names.
        packages: bytes of each package, by the services' names and the packages'.
    """
    largest = {name: max(sizes.get(name, 0) for sizes in packages.values()) for name in set().union(*packages.values())}
    rows = {
        name: [sizes.get(name) for sizes in packages.values()]
        for name in sorted(largest, key=lambda name: (-largest[name], name))
    }
    rest: list[int | None] = [added[service] - sum(sizes.values()) for service, sizes in packages.items()]
    everything: list[int | None] = [added[service] for service in packages]
    lines = {**rows, "the rest": rest, "**all that is added**": everything}
    return Table(["", *packages], [[name, *map(_megabytes, sizes)] for name, sizes in lines.items()])


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / _MEGABYTE:.1f}"


def _size(image: str) -> int:
    return int(_output("podman", "image", "inspect", "--format={{.Size}}", image))


def _output(*command: str) -> str:
    """Run a command in the repository and return what it prints.

    Raises:
        BenchmarkError: it failed; the message is its last line of complaint.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:2])} failed: {done.stderr.strip().rpartition(chr(10))[2]}")
    return done.stdout.strip()
