"""Another application in place of ours: what docs/adopt.md says is all that it takes."""

from pathlib import Path

import pytest

from tests.rehearsal.adoption import adopt
from tests.rehearsal.clones import copied
from tests.rehearsal.scenes.conftest import Play

pytestmark = pytest.mark.rehearsal


def test_another_application_comes_up_in_place_of_ours(tmp_path: Path, play: Play) -> None:
    with copied(tmp_path / "a clone") as clone:
        adopt(clone.path)
        with play("another application in place of ours") as scene:
            started = clone.up()
            assert started.returncode == 0, started.stderr
            assert started.stdout.count("  ready\n") == 3
            page = clone.page()
            assert "a loaf of bread" in page
            assert "Bob" not in page
            scene.seen.append("three pods, its own table, its own page; nothing else was changed")
