"""Images as folders: what they hold, and what names them."""

import re
import shutil
from pathlib import Path

import pytest

from k8s_charts import dockerfile
from rehearsal import ROOT, RehearsalError, images


@pytest.fixture
def services(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*cache")
    return Path(shutil.copytree(ROOT / "services", tmp_path / "services", ignore=ignored))


def built(services: Path, store: Path, name: str = "frontend") -> tuple[str, Path]:
    """Return the reference and the folder of one image."""
    reference = images.build(services, store)[name]
    found = images.folder(store, reference)
    assert found is not None
    return reference, found


def test_an_image_holds_what_the_dockerfile_copies_and_nothing_else(services: Path, tmp_path: Path) -> None:
    _, image = built(services, tmp_path / "store", "backend")
    assert {path.name for path in image.iterdir()} == {"Dockerfile", "application", "migrations", "rds-ca.pem"}
    assert (image / "application/__init__.py").read_bytes() == (
        services / "backend/application/__init__.py"
    ).read_bytes()


def test_it_knows_its_release(services: Path, tmp_path: Path) -> None:
    _, image = built(services, tmp_path / "store")
    assert dockerfile.read(image / "Dockerfile").environment["RELEASE"] == images.release(services)


def test_the_same_content_is_the_same_image(services: Path, tmp_path: Path) -> None:
    reference, image = built(services, tmp_path / "store")
    before = image.stat().st_mtime_ns
    (services / "frontend/application/__pycache__").mkdir()
    (services / "frontend/application/__pycache__/main.pyc").write_text("compiled")
    (services / "frontend/tests/new.py").write_text("not in the image")
    again, same = built(services, tmp_path / "store")
    assert (again, same.stat().st_mtime_ns) == (reference, before)
    assert re.fullmatch(r"rehearsal\.invalid/slipway/frontend@sha256:[0-9a-f]{64}", reference)


def test_a_change_is_another_release_and_the_earlier_one_stays(services: Path, tmp_path: Path) -> None:
    reference, image = built(services, tmp_path / "store")
    before = images.release(services)
    page = services / "frontend/application/templates/base.html"
    page.write_text(page.read_text() + "<!-- changed -->")
    changed, changed_image = built(services, tmp_path / "store")
    assert changed != reference
    assert images.release(services) != before
    assert "changed" in (changed_image / page.relative_to(services / "frontend")).read_text()
    assert "changed" not in (image / page.relative_to(services / "frontend")).read_text()
    assert images.folder(tmp_path / "store", reference) == image


def test_nginx_comes_with_the_rehearsal_and_nothing_else_from_elsewhere(tmp_path: Path) -> None:
    assert images.folder(tmp_path, "public.ecr.aws/docker/library/nginx:1.30.5@sha256:00") is None
    with pytest.raises(RehearsalError, match=r"no image registry\.example\.com/page@sha256:00 here"):
        images.folder(tmp_path, "registry.example.com/page@sha256:00")
    with pytest.raises(RehearsalError, match="it was never built"):
        images.folder(tmp_path, "rehearsal.invalid/slipway/frontend@sha256:00")
