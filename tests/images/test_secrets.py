"""No secret stands in a layer of an image or in its description, not even one that a later layer has removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.conftest import podman
from tests.images.layers import digest, leave_out_packages, unpack
from tests.repository.plants import PLANTS
from tests.repository.scanner import Scan, files_below, scan

pytestmark = pytest.mark.container

PLANTED = "localhost/slipway/planted:test"


def scan_image(image: str, base: str, target: Path) -> Scan:
    unpack(image, base, target)
    return scan(target, files_below(target))


@pytest.mark.parametrize("name", ["backend", "frontend"])
def test_an_image_holds_no_secret(name: str, images: dict[str, str], base: str, tmp_path: Path) -> None:
    scanned = scan_image(images[name], base, tmp_path / name)
    assert scanned.secrets == [], scanned.report()


@pytest.fixture
def planted(images: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Yield an image whose last layer removes what the one before it has added."""
    (tmp_path / "planted.json").write_text(json.dumps(dict(enumerate(PLANTS.values()))))
    lines = ["USER root", "COPY planted.json /srv/", "RUN rm /srv/planted.json"]
    lines.append(f"ENV DATABASE_URI={PLANTS['Basic Auth Credentials']}")
    (tmp_path / "Dockerfile").write_text("\n".join([f"FROM {images['frontend']}", *lines]))
    podman("build", "--network=none", f"--tag={PLANTED}", str(tmp_path))
    yield PLANTED
    podman("image", "rm", "--force", PLANTED)


def test_a_secret_in_an_image_is_found_though_it_was_removed(planted: str, base: str, tmp_path: Path) -> None:
    found = scan_image(planted, base, tmp_path / "image").secrets
    in_layers = {finding.kind for finding in found if finding.path.startswith("layer-")}
    described = {finding.kind for finding in found if finding.path == "image.json"}
    assert in_layers >= set(PLANTS)
    assert "Basic Auth Credentials" in described


def test_what_a_package_brought_is_left_out_unless_it_was_changed(tmp_path: Path) -> None:
    for name in ("package/kept.py", "package/changed.py", "package/added.py", "package-1.dist-info/METADATA"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Name: package\n")
    record = [
        f"package/kept.py,sha256={digest(tmp_path / 'package/kept.py')},14",
        f"package/changed.py,sha256={'A' * 43},14",
    ]
    (tmp_path / "package-1.dist-info/RECORD").write_text("\n".join(record))
    leave_out_packages(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("package/*")) == ["added.py", "changed.py"]
