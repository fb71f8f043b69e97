"""What cannot be drawn is refused with one line that says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from diagrams import DiagramError, jenkinsfile
from diagrams.picture import Arrow, Box, Group, Picture
from diagrams.stacks import Stacks
from diagrams.svg import draw

BOXES = (Box("a", "one & only"), Group("frame", "frame", (Box("b", "other"),)))


def _picture(*arrows: Arrow) -> Picture:
    return Picture(title="Trial", description="A trial.", members=BOXES, arrows=arrows)


def test_what_an_arrow_joins_is_written_down() -> None:
    drawn = draw(_picture(Arrow("a", "b", "<label>")))
    assert "<title>one &amp; only → other</title>" in drawn
    assert ">&lt;label&gt;</text>" in drawn


def test_where_no_stacks_are_nothing_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(DiagramError, match=r"holds no stacks; write them: CDK_OUTDIR=\S+ python app\.py$"):
        Stacks.read(tmp_path)


def test_an_arrow_to_nothing_is_refused() -> None:
    with pytest.raises(DiagramError, match=r"^Trial cannot be placed: [^\n]*nobody[^\n]*$"):
        draw(_picture(Arrow("a", "nobody")))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (lambda: draw(_picture()), "Node is not on the path, which places what is drawn: make install-dev"),
        (jenkinsfile.read, "no Groovy here, which reads the Jenkinsfile: apt-get install groovy"),
    ],
)
def test_a_tool_that_is_missing_is_named(
    command: Callable[[], object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DiagramError, match=f"^{message}$"):
        command()
