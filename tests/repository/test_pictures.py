"""The pictures of the documents are legible: on GitHub, in its light and in its dark theme."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from diagrams import DIRECTORY
from diagrams.layout import PADDING, TITLE_SIZE, width_of

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


def test_no_title_is_wider_than_its_frame(picture: ET.Element) -> None:
    frames = {
        (float(item.attrib["x"]), float(item.attrib["y"])): float(item.attrib["width"])
        for item in picture.iter(f"{SVG}rect")
        if item.attrib["class"].startswith("group")
    }
    for title in (item for item in picture.iter(f"{SVG}text") if item.attrib["class"] == "heading"):
        left = float(title.attrib["x"]) - PADDING
        (width,) = [width for (x, y), width in frames.items() if x == left and 0 < float(title.attrib["y"]) - y < 30]
        assert width_of(title.text or "", TITLE_SIZE) <= width


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
