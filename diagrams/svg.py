"""Writes a picture as SVG that follows the reader's light or dark theme, the same bytes on every machine."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot
from pathlib import Path
from xml.etree import ElementTree as ET

from diagrams.fonts import width_of
from diagrams.headings import free
from diagrams.layout import LINE_HEIGHT, LINE_SIZE, PADDING, Graph, place, wrapped
from diagrams.picture import Box, Group, Picture, within

_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
_RADIUS = 8
_HEAD = {"id": "head", "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7", "markerHeight": "7"}
_SLANT = 2
_SWATCH, _LEGEND_HEIGHT = 12, 28

Point = tuple[float, float]


def draw(picture: Picture) -> str:
    """Return the picture as SVG.

    Raises:
        DiagramError: it cannot be placed.
    """
    graph = place(picture)
    places = {node["id"]: node for node in nodes(graph)}
    edges = graph["edges"]
    members = list(within(picture.members))
    width, height = graph["width"], graph["height"] + (_LEGEND_HEIGHT if picture.legend else 0)
    svg = _canvas(picture, width, height)
    for group in (member for member in members if isinstance(member, Group)):
        _rectangle(svg, f"group {group.kind}", places[group.id])
    for arrow, edge in zip(picture.arrows, edges, strict=True):
        _arrow(svg, picture.said(arrow), edge)
    for member in members:
        if isinstance(member, Box):
            _box(svg, member, places[member.id])
        elif member.title:
            _heading(svg, member, places[member.id], edges)
    for label in (label for edge in edges for label in edge.get("labels", [])):
        _text(svg, "label", label["text"], label["x"] + label["width"] / 2, label["y"] + LINE_SIZE)
    _legend(svg, picture.legend, graph["height"])
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _canvas(picture: Picture, width: float, height: float) -> ET.Element:
    """Return an empty picture, with a ground of its own: the page around it may have another theme than the reader."""
    size = {"width": _number(width), "height": _number(height)}
    svg = ET.Element(
        "svg", size, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {' '.join(size.values())}", role="img"
    )
    for tag, text in (("title", picture.title), ("desc", picture.description), ("style", f"\n{_STYLE}")):
        ET.SubElement(svg, tag).text = text
    head = ET.SubElement(ET.SubElement(svg, "defs"), "marker", _HEAD, orient="auto")
    ET.SubElement(head, "path", d="M 0 0 L 8 4 L 0 8 z")
    ET.SubElement(svg, "rect", {"class": "canvas", "width": "100%", "height": "100%", "rx": str(_RADIUS)})
    return svg


def nodes(graph: Graph) -> Iterator[Graph]:
    """Yield what is placed, at any depth."""
    for node in graph.get("children", []):
        yield node
        yield from nodes(node)


def _box(svg: ET.Element, box: Box, at: Graph) -> None:
    _rectangle(svg, f"box {box.kind}", at)
    texts = [*((line, "title") for line in wrapped(box.title)), *((line, "line") for line in box.lines)]
    for row, (text, kind) in enumerate(texts):
        _text(svg, kind, text, at["x"] + at["width"] / 2, at["y"] + PADDING + 11 + row * LINE_HEIGHT)


def _heading(svg: ET.Element, group: Group, at: Graph, edges: Sequence[Graph]) -> None:
    texts = [(group.title, "heading"), *((line, "subheading") for line in group.lines)]
    x = free(group, at, edges)
    for row, (text, kind) in enumerate(texts):
        _text(svg, kind, text, x, at["y"] + 22 + row * LINE_HEIGHT)


def _legend(svg: ET.Element, legend: Sequence[tuple[str, str]], y: float) -> None:
    x: float = 2 * PADDING
    for kind, name in legend:
        _rectangle(svg, f"box {kind}", {"x": x, "y": y, "width": _SWATCH, "height": _SWATCH}, radius=3)
        _text(svg, "legend", name, x + _SWATCH + 6, y + _SWATCH - 2)
        x += _SWATCH + 6 + width_of(name, LINE_SIZE) + PADDING


def _rectangle(svg: ET.Element, kind: str, at: Graph, radius: int = _RADIUS) -> None:
    size = {name: _number(at[name]) for name in ("x", "y", "width", "height")}
    ET.SubElement(svg, "rect", {"class": kind, **size, "rx": str(radius)})


def _arrow(svg: ET.Element, title: str, edge: Graph) -> None:
    (section,) = edge["sections"]
    corners = [section["startPoint"], *section.get("bendPoints", []), section["endPoint"]]
    path = _rounded(_straight([(corner["x"], corner["y"]) for corner in corners]))
    drawn = ET.SubElement(svg, "path", {"class": "arrow", "d": path, "marker-end": "url(#head)"})
    ET.SubElement(drawn, "title").text = title


def _straight(corners: Sequence[Point]) -> list[Point]:
    """Return the corners without the fractions of a pixel by which the layout lets lines slant."""
    straight = [corners[0]]
    for x, y in corners[1:]:
        before_x, before_y = straight[-1]
        straight.append((before_x if abs(x - before_x) < _SLANT else x, before_y if abs(y - before_y) < _SLANT else y))
    return straight


def _rounded(corners: Sequence[Point]) -> str:
    """Return a path through the corners, each cut round."""
    steps = [f"M {_point(corners[0])}"]
    for before, (corner, after) in zip(corners, pairwise(corners[1:]), strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        steps.append(f"L {_point(_towards(corner, before, radius))}")
        steps.append(f"Q {_point(corner)} {_point(_towards(corner, after, radius))}")
    return " ".join([*steps, f"L {_point(corners[-1])}"])


def _length(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])


def _towards(start: Point, end: Point, way: float) -> Point:
    part = way / (_length(start, end) or 1)
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def _point(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """Return a coordinate to a tenth, so that no machine's arithmetic shows."""
    return f"{value:.1f}".removesuffix(".0")


def _text(svg: ET.Element, kind: str, text: str, x: float, y: float) -> None:
    ET.SubElement(svg, "text", {"class": kind, "x": _number(x), "y": _number(y)}).text = text
