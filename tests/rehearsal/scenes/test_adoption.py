"""Another application in place of ours: what docs/adopt.md says is all that it takes."""

import shutil
from pathlib import Path

import pytest

from tests.rehearsal.clones import Clone, copied
from tests.rehearsal.scenes.conftest import Play

pytestmark = pytest.mark.rehearsal

OTHER = Path(__file__).parents[1] / "second_application"
OF_OURS = {"backend": ("requirements.txt", "rds-ca.pem"), "frontend": ("requirements.txt",)}
"""What the other application takes over: the packages, and the authorities of RDS."""


def adopt(clone: Clone) -> None:
    """Put the other application's services in place of ours."""
    for service, kept in OF_OURS.items():
        here = clone.path / "services" / service
        ours = here.rename(clone.path / f"{service}-before")
        shutil.copytree(OTHER / service, here)
        for name in kept:
            shutil.copy(ours / name, here)
        shutil.rmtree(ours)


def test_another_application_comes_up_in_place_of_ours(tmp_path: Path, play: Play) -> None:
    with copied(tmp_path / "a clone") as clone:
        adopt(clone)
        with play("another application in place of ours") as scene:
            started = clone.up()
            assert started.returncode == 0, started.stderr
            assert started.stdout.count("  ready\n") == 3
            page = clone.page()
            assert "a loaf of bread" in page
            assert "Bob" not in page
            scene.seen.append("three pods, its own table, its own page; nothing else was changed")
