"""The pictures of the documents are legible: on GitHub, in its light and in its dark theme."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from diagrams import DIRECTORY
from diagrams.fonts import width_of
from diagrams.layout import HEADING, TITLE_SIZE

SVG = "{http://www.w3.org/2000/svg}"
README_WIDTH = 900  # pixels that GitHub has for a picture, about
PICTURES = sorted(DIRECTORY.glob("*.svg"))
CONTRAST = 4.5  # what WCAG asks for


@pytest.fixture(params=PICTURES, ids=lambda path: path.stem)
def picture(request: pytest.FixtureRequest) -> ET.Element:
    path: Path = request.param
    return ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - our own


def test_there_are_pictures() -> None:
    assert [path.stem for path in PICTURES] == ["architecture", "pipeline", "request-path"]


def test_it_is_shown_as_large_as_it_is_drawn(picture: ET.Element) -> None:
    assert float(picture.attrib["width"]) <= README_WIDTH


def test_headings_keep_within_their_frames_and_off_arrows(picture: ET.Element) -> None:
    """As wide as the widest font makes them; tests/browser/test_drawings.py measures it in a browser."""
    frames = [tuple(float(rect.attrib[name]) for name in ("x", "y", "width")) for rect in _drawn(picture, "group")]
    ways = [_points(arrow.attrib["d"]) for arrow in _drawn(picture, "arrow")]
    for heading in _drawn(picture, "heading"):
        text, left, foot = heading.text or "", float(heading.attrib["x"]), float(heading.attrib["y"])
        right = left + width_of(text, TITLE_SIZE, bold=True)
        assert any(x < left and right <= x + width and 0 < foot - y < HEADING for x, y, width in frames), text
        for way in ways:
            for (x, y), (other_x, other_y) in pairwise(way):
                beside = max(x, other_x) < left or min(x, other_x) > right
                assert beside or max(y, other_y) < foot - TITLE_SIZE or min(y, other_y) > foot, text


def _drawn(picture: ET.Element, kind: str) -> list[ET.Element]:
    return [item for item in picture.iter() if item.attrib.get("class", "").split(" ")[0] == kind]


def _points(path: str) -> list[tuple[float, float]]:
    """Return the corners of an arrow."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_it_needs_nothing_else(picture: ET.Element) -> None:
    """GitHub shows a picture that fetches nothing and runs nothing."""
    assert {item.tag.removeprefix(SVG) for item in picture.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text")
    }
    assert not re.search(r"url\((?!#)|@import", "".join(picture.itertext()))


def test_those_who_do_not_see_it_are_told_what_it_shows(picture: ET.Element) -> None:
    assert picture.attrib["role"] == "img"
    assert picture.findtext(f"{SVG}title")
    assert picture.findtext(f"{SVG}desc")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_in_both_themes(theme: str, picture: ET.Element) -> None:
    style = picture.findtext(f"{SVG}style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--(\w+): (#\w{6})", light if theme == "light" else dark))
    for text in ("text", "muted"):
        for ground in ("canvas", "ground"):
            assert _contrast(colours[text], colours[ground]) >= CONTRAST


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
