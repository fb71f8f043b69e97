#!/usr/bin/python3
"""Frees a disk before it fills: what was not used for longest goes first, and no more than it takes."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CACHES = (".cache", ".npm")
"""What builds fill again. Nothing in them tells when it was used, so they go last."""


def used_percent(path: Path) -> int:
    """Return how much of the file system that holds `path` is used, of its blocks or of its files: the larger."""
    disk = os.statvfs(path)
    # As df counts: what only root may use is no use to a build.
    pairs = ((disk.f_blocks - disk.f_bfree, disk.f_bavail), (disk.f_files - disk.f_ffree, disk.f_favail))
    return max(100 * used // ((used + free) or 1) for used, free in pairs)


def prune_containers(hours: int) -> None:
    """Remove containers that have ended, images without a container and build caches, all older than `hours`."""
    if docker := shutil.which("docker"):
        command = [docker, "system", "prune", "--all", "--force", f"--filter=until={hours}h"]
        subprocess.run(command, check=False)  # noqa: S603 - of a number alone


def workspaces(home: Path) -> Iterator[tuple[float, list[Path]]]:
    """Yield the workspaces of Jenkins' agent in `home`: when each was used last, and its folders.

    Jenkins keeps `NAME@tmp` beside `NAME` and writes to it at every step; git writes to `NAME/.git`.
    """
    root = home / "agent/workspace"
    for name in {path.name.removesuffix("@tmp") for path in root.glob("*") if path.is_dir()}:
        folders = [path for path in (root / name, root / f"{name}@tmp") if path.is_dir()]
        marks = [path for path in (*folders, root / name / ".git") if path.exists()]
        yield max(path.stat().st_mtime for path in marks), folders


def remove(path: Path) -> None:
    """Remove a folder with all that it holds, and say so."""
    sys.stdout.write(f"removing {path}\n")
    sys.stdout.flush()
    shutil.rmtree(path, ignore_errors=True)


def clean(homes: list[Path], rounds: list[int], *, is_enough: Callable[[], bool]) -> None:
    """Remove until it is enough: in rounds what was not used for so many hours, then caches."""
    for hours in rounds:
        if is_enough():
            return
        prune_containers(hours)
        for used, folders in sorted(workspace for home in homes for workspace in workspaces(home)):
            if is_enough() or time.time() - used < hours * 3600:
                break
            for path in folders:
                remove(path)
    for path in (home / cache for home in homes for cache in CACHES):
        if not is_enough() and path.is_dir():
            remove(path)


def main() -> str | None:
    """Clean if the disk needs it; return what is wrong afterwards, if anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--disk", type=Path, default=Path("/"), help="a path on it")
    parser.add_argument("--begin", type=int, required=True, help="percent at which cleaning begins")
    parser.add_argument("--end", type=int, required=True, help="percent below which cleaning ends")
    parser.add_argument("--hours", type=int, nargs="*", default=[], help="a round each")
    parser.add_argument("--homes", type=Path, nargs="*", default=[], help="of users whom Jenkins runs builds as")
    given = parser.parse_args()
    if used_percent(given.disk) < given.begin:
        return None
    clean(given.homes, given.hours, is_enough=lambda: used_percent(given.disk) < given.end)
    if (used := used_percent(given.disk)) < given.begin:
        return None
    return f"{given.disk} is {used}% full, and nothing is left that may go: make room or enlarge it"


if __name__ == "__main__":
    sys.exit(main())
