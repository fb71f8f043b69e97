"""The watchdog on a disk of a hundred bytes, with a Docker of which nothing is left but what it was asked."""

import importlib.util
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.ci.workplace import ROOT

SCRIPT = ROOT / "ansible/roles/disk_watchdog/files/disk_watchdog.py"
IMAGES = "docker-images"
Watch = Callable[[], str | None]


@pytest.fixture
def watchdog() -> ModuleType:
    spec = importlib.util.spec_from_file_location("disk_watchdog", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    (path / "home/agent/workspace").mkdir(parents=True)
    return path


@pytest.fixture
def watch(watchdog: ModuleType, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Let the watchdog look at the disk once, as its service does, with rounds of 168 and 4 hours."""
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\nrm -f {disk}/{IMAGES}\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    monkeypatch.setattr(watchdog, "used_percent", filled)
    rounds = ["--begin=80", "--end=60", "--hours", "168", "4"]
    monkeypatch.setattr("sys.argv", ["disk-watchdog", f"--disk={disk}", *rounds, "--homes", str(disk / "home")])
    main: Watch = watchdog.main
    return main


def filled(disk: Path) -> int:
    """Return the percent of a hundred bytes that are used."""
    return sum(path.stat().st_size for path in disk.rglob("*") if path.is_file() and not path.is_symlink())


def make(path: Path, *, size: int, hours: float = 0) -> Path:
    """Make a folder that holds `size` bytes, and was used `hours` ago."""
    path.mkdir(parents=True)
    (path / "content").write_bytes(bytes(size))
    age(path, hours)
    return path


def age(path: Path, hours: float) -> None:
    then = time.time() - hours * 3600
    os.utime(path, (then, then))


def prunes(tmp_path: Path) -> list[str]:
    """Return what Docker was asked."""
    asked = tmp_path / "asked"
    return asked.read_text().splitlines() if asked.exists() else []


def test_below_its_threshold_it_removes_nothing(watch: Watch, disk: Path, tmp_path: Path) -> None:
    old = make(disk / "home/agent/workspace/old", size=79, hours=1000)

    assert watch() is None
    assert old.exists()
    assert prunes(tmp_path) == []


def test_images_go_first_and_workspaces_stay_when_that_is_enough(watch: Watch, disk: Path, tmp_path: Path) -> None:
    (disk / IMAGES).write_bytes(bytes(50))
    old = make(disk / "home/agent/workspace/old", size=50, hours=1000)

    assert watch() is None
    assert prunes(tmp_path) == ["system prune --all --force --filter=until=168h"]
    assert old.exists()


def test_the_workspace_that_was_not_used_for_longest_goes_first_and_no_more_than_it_takes(
    watch: Watch, disk: Path
) -> None:
    folder = disk / "home/agent/workspace"
    oldest, old = make(folder / "b", size=40, hours=400), make(folder / "a", size=40, hours=300)
    make(folder / "b@tmp", size=1, hours=400)

    assert watch() is None
    assert sorted(folder.iterdir()) == [old]
    assert not oldest.exists()


@pytest.mark.parametrize("mark", ["old@tmp", "old/.git"])
def test_a_workspace_in_use_stays_whatever_its_own_age(watch: Watch, disk: Path, mark: str) -> None:
    folder = disk / "home/agent/workspace"
    used = make(folder / "old", size=90)
    (folder / mark).mkdir()
    age(used, 400)

    assert watch() is not None
    assert used.exists()


def test_what_was_used_lately_goes_only_when_older_things_were_not_enough(
    watch: Watch, disk: Path, tmp_path: Path
) -> None:
    folder = disk / "home/agent/workspace"
    make(folder / "old", size=20, hours=200)
    make(folder / "yesterday", size=40, hours=24)
    now = make(folder / "now", size=30)

    assert watch() is None
    assert list(folder.iterdir()) == [now]
    assert [asked.rpartition("=")[2] for asked in prunes(tmp_path)] == ["168h", "4h"]


def test_caches_go_last(watch: Watch, disk: Path) -> None:
    cache = make(disk / "home/.cache", size=50)
    workspace = make(disk / "home/agent/workspace/now", size=40)

    assert watch() is None
    assert not cache.exists()
    assert workspace.exists()


def test_it_fails_and_says_so_when_nothing_is_left_that_may_go(watch: Watch, disk: Path) -> None:
    make(disk / "home/precious", size=95)

    assert watch() == f"{disk} is 95% full, and nothing is left that may go: make room or enlarge it"


def test_a_link_leads_it_nowhere(watch: Watch, disk: Path) -> None:
    precious = make(disk / "precious", size=90, hours=1000)
    (disk / "home/agent/workspace/link").symlink_to(precious)

    assert watch() is not None
    assert (precious / "content").exists()


def test_it_counts_as_df_does(watchdog: ModuleType, tmp_path: Path) -> None:
    command = ["df", "--output=pcent,ipcent", str(tmp_path)]
    counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-2:]
    # df rounds up, and other tests write meanwhile
    assert max(int(value.strip("%-") or 0) for value in counted) - watchdog.used_percent(tmp_path) in (-1, 0, 1)
