"""Releases that nobody notices: CloudFormation rolls out pods in containers, under load."""

import pytest

from tests.rehearsal.clones import ASIDE, Clone, changed_by
from tests.rehearsal.scenes.conftest import IN_CONTAINERS, Play
from tests.rehearsal.scenes.users import unnoticed

pytestmark = pytest.mark.rehearsal


def test_an_application_change_is_rolled_out_unnoticed(containers: Clone, play: Play) -> None:
    template = containers.path / "services/frontend/application/templates/base.html"
    template.write_text(template.read_text().replace("</body>", "the next release</body>"))
    with play("an application change, in containers, under load", real=IN_CONTAINERS) as scene:
        with unnoticed(containers, scene) as load:
            release = containers.up(ASIDE)
            assert release.returncode == 0, release.stderr
        assert changed_by(release) == {"ProdStack"}
        assert "the next release" in containers.page()
        assert len({answer.release for answer in load.answers}) == 2, "the load has seen both"


def test_a_release_that_crashes_reaches_no_user(containers: Clone, play: Play) -> None:
    package = containers.path / "services/frontend/application/__init__.py"
    kept, before = package.read_text(), containers.page()
    with play("a release whose pods crash, in containers, under load", real=IN_CONTAINERS) as scene:
        package.write_text("raise RuntimeError('this release is broken')\n")
        try:
            with unnoticed(containers, scene) as load:
                done = containers.up(ASIDE)
                assert done.returncode == 1
                assert "this release is broken" in done.stderr
        finally:
            package.write_text(kept)
        assert len({answer.release for answer in load.answers}) == 1
        assert containers.page() == before
