"""docs/diagrams/ as a browser shows them in the widest common font: no text overruns its frame, no arrow a heading."""

from pathlib import Path
from typing import NamedTuple

import pytest
from selenium.webdriver import Chrome

from diagrams import DIRECTORY

pytestmark = pytest.mark.full

MEASURED = """
const font = document.createElementNS('http://www.w3.org/2000/svg', 'style')
font.textContent = 'text { font-family: "DejaVu Sans", Verdana !important }'
document.documentElement.append(font)
const rectangle = (element) => {
  const { x, y, width, height } = element.getBBox()
  return [x, y, x + width, y + height]
}
const named = (selector, name) =>
  [...document.querySelectorAll(selector)].map((element) => [name(element), rectangle(element)])
const points = (path) =>
  Array.from({ length: Math.ceil(path.getTotalLength()) }, (_, way) => path.getPointAtLength(way))
return {
  frames: named('rect:not(.column)', (rect) => rect.getAttribute('class')),
  texts: named('text:not(.legend, .label)', (text) => text.textContent),
  headings: named('.heading, .subheading', (text) => text.textContent),
  arrows: [...document.querySelectorAll('.arrow')].map((path) =>
    [path.textContent.trim(), points(path).map(({ x, y }) => [x, y, x, y])]),
}
"""
"""What is drawn, by its name or its class; a rectangle is its left, upper, right and lower edge."""


class Rectangle(NamedTuple):
    """Where something is drawn, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Rectangle") -> bool:
        """Return whether another lies within."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom

    def touches(self, other: "Rectangle") -> bool:
        """Return whether another has a point in common with this one."""
        across = self.left <= other.right and other.left <= self.right
        return across and self.top <= other.bottom and other.top <= self.bottom


@pytest.mark.parametrize("name", ["architecture", "pipeline", "request-path"])
def test_texts_keep_within_their_frames_and_arrows_off_the_headings(name: str, browser: Chrome) -> None:
    path: Path = DIRECTORY / f"{name}.svg"
    browser.get(path.as_uri())
    measured = browser.execute_script(MEASURED)
    frames = [Rectangle(*edges) for _, edges in measured["frames"]]
    assert measured["texts"]
    for text, edges in measured["texts"]:
        at = Rectangle(*edges)
        # A frame that a text begins or ends in, but does not keep within, it overruns.
        assert [frame for frame in frames if frame.touches(at) and not frame.holds(at)] == [], text
    assert measured["arrows"]
    crossed = {
        (arrow, heading)
        for heading, edges in measured["headings"]
        for arrow, points in measured["arrows"]
        if any(Rectangle(*edges).touches(Rectangle(*point)) for point in points)
    }
    assert crossed == set()
