"""A registry of images on this machine, of which its engine knows that it speaks no TLS."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
import urllib3
import yaml

from rehearsal.ports import free_port

_PROGRAM = "docker-registry"
_SECONDS = 30


def what_is_missing() -> str | None:
    """Say why there can be none here, and what to do about it; None if there can."""
    lacking = [program for program in (_PROGRAM, "skopeo", "groovy") if shutil.which(program) is None]
    return f"no {', '.join(lacking)} here: apt-get install {' '.join(lacking)}" if lacking else None


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Run one, empty; yield its address as host:port, which whatever starts meanwhile may push to and pull from."""
    address = f"127.0.0.1:{free_port()}"
    told = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(home / "images")}},
        "http": {"addr": address},
    }
    (home / "registry.yml").write_text(yaml.safe_dump(told))
    (home / "registries.conf").write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen([_PROGRAM, "serve", home / "registry.yml"], stdout=log, stderr=log) as registry,
        pytest.MonkeyPatch.context() as shell,
    ):
        shell.setenv("CONTAINERS_REGISTRIES_CONF", str(home / "registries.conf"))
        try:
            _wait_for(f"http://{address}/v2/", home / "log")
            yield address
        finally:
            registry.terminate()


def skopeo(home: Path) -> Path:
    """Return a `skopeo` that knows of this registry, too: it does not look at the variable that Podman looks at."""
    program = home / "skopeo"
    given = '--registries-conf "$CONTAINERS_REGISTRIES_CONF" "$@"'
    program.write_text(f"#!/bin/sh\nexec {shutil.which('skopeo')} {given}\n")
    program.chmod(0o755)
    return program


def _wait_for(url: str, log: Path) -> None:
    deadline = monotonic() + _SECONDS
    while True:
        try:
            urllib3.request("GET", url, retries=False, timeout=1)
        except urllib3.exceptions.HTTPError:
            assert monotonic() < deadline, f"the registry does not answer: {log.read_text()}"
            sleep(0.1)
        else:
            return
