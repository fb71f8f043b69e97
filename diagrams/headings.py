"""Finds the place of a group's heading: along its upper edge, beside the arrows that cross it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from diagrams.fonts import width_of
from diagrams.layout import HEADING, LINE_HEIGHT, LINE_SIZE, PADDING, TITLE_SIZE, Graph
from diagrams.picture import Group

_CLEARANCE = 8


def free(group: Group, at: Graph, edges: Sequence[Graph]) -> float:
    """Return where a heading begins, from left to right: as far to the left as no arrow crosses it.

    Where none of the gaps between the arrows is wide enough, it begins at the left, and stands in front of them.
    """
    wide = max(width_of(group.title, TITLE_SIZE, bold=True), *(width_of(line, LINE_SIZE) for line in group.lines), 0)
    start, end = at["x"] + PADDING, at["x"] + at["width"] - PADDING
    bottom = at["y"] + HEADING + LINE_HEIGHT * len(group.lines)
    crossed = sorted(_crossings(edges, at["y"], bottom))
    for x in (start, *(right + _CLEARANCE for _, right in crossed)):
        if start <= x <= end - wide and all(right < x or x + wide + _CLEARANCE <= left for left, right in crossed):
            return float(x)
    return float(start)


def _crossings(edges: Sequence[Graph], top: float, bottom: float) -> Iterator[tuple[float, float]]:
    """Yield from where to where arrows run between two heights."""
    for edge in edges:
        for section in edge["sections"]:
            corners = [section["startPoint"], *section.get("bendPoints", []), section["endPoint"]]
            for one, other in pairwise(corners):
                if min(one["y"], other["y"]) < bottom and max(one["y"], other["y"]) > top:
                    yield min(one["x"], other["x"]), max(one["x"], other["x"])
