"""What cannot be drawn is refused with one line that says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from diagrams import DiagramError, jenkinsfile
from diagrams.fonts import width_of
from diagrams.headings import free
from diagrams.layout import PADDING
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


@pytest.mark.parametrize(
    ("text", "bold", "width"),
    [("", False, 0), ("iW", False, 12.67), ("iW", True, 14.46), ("→", False, 10), ("~", False, 8.38)],
)
def test_a_text_is_as_wide_as_in_the_widest_font(text: str, bold: bool, width: float) -> None:
    assert width_of(text, 10, bold=bold) == pytest.approx(width)


@pytest.mark.parametrize(
    ("crossed", "begins"),
    [
        ([], 100 + PADDING),
        ([120], 128),  # right of an arrow through its usual place
        ([180], 100 + PADDING),  # left of one that comes in behind it
        ([120, 170], 178),  # not between two that are too close to each other
        ([120, 170, 220, 270], 100 + PADDING),  # no room: in front of them
    ],
)
def test_a_heading_stands_in_the_first_gap_between_arrows(crossed: list[int], begins: float) -> None:
    at = {"x": 100, "y": 50, "width": 200, "height": 90}
    edges = [{"sections": [{"startPoint": {"x": x, "y": 0}, "endPoint": {"x": x, "y": 90}}]} for x in crossed]
    ended = {"sections": [{"startPoint": {"x": 115, "y": 0}, "endPoint": {"x": 115, "y": 50}}]}  # at the upper edge
    assert free(Group("frame", "heading", ()), at, [*edges, ended]) == begins


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
