"""Says where everything stands: sizes come from the texts, places from the Eclipse Layout Kernel."""

import json
import subprocess
from pathlib import Path
from textwrap import wrap
from typing import Any

from diagrams import DiagramError
from diagrams.fonts import width_of
from diagrams.picture import Arrow, Box, Group, Picture

TITLE_SIZE, LINE_SIZE = 13, 12
LINE_HEIGHT = 16
PADDING = 10
HEADING = 34
_TITLE_LENGTH = 18
_SCRIPT = Path(__file__).with_suffix(".mjs")

Graph = dict[str, Any]

_OPTIONS = {
    "elk.algorithm": "layered",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.edgeCoords": "ROOT",
    "elk.json.shapeCoords": "ROOT",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.layered.layering.strategy": "LONGEST_PATH_SOURCE",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    "elk.layered.spacing.nodeNodeBetweenLayers": "24",
    "elk.layered.spacing.edgeNodeBetweenLayers": "12",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
    "elk.spacing.nodeNode": "20",
    "elk.spacing.edgeEdge": "14",
    "elk.spacing.edgeNode": "16",
    "elk.spacing.edgeLabel": "4",
    "elk.padding": "[top=12,left=12,bottom=12,right=12]",
}


def place(picture: Picture) -> Graph:
    """Return the picture as ELK's graph, each node, edge and label with its coordinates.

    Raises:
        DiagramError: Node or ELK is not here, or an arrow leads to nothing.
    """
    graph = {
        "id": "picture",
        "layoutOptions": {**_OPTIONS, "elk.direction": picture.flow, "elk.hierarchyHandling": "INCLUDE_CHILDREN"},
        "children": [_node(member) for member in picture.members],
        "edges": [_edge(str(number), arrow) for number, arrow in enumerate(picture.arrows)],
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["node", _SCRIPT],  # noqa: S607 - the environment's own
            input=json.dumps(graph),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise DiagramError("Node is not on the path, which places what is drawn: make install-dev") from None
    if done.returncode:
        raise DiagramError(f"{picture.title} cannot be placed: {done.stderr.strip()}")
    placed: Graph = json.loads(done.stdout)
    return placed


def wrapped(title: str) -> list[str]:
    """Return a title as the lines that it takes."""
    return wrap(title, _TITLE_LENGTH)


def _node(member: Box | Group) -> Graph:
    if isinstance(member, Group):
        return {
            "id": member.id,
            "layoutOptions": _group(member),
            "children": [_node(inner) for inner in member.members],
        }
    titles = wrapped(member.title)
    texts = [
        *(width_of(line, TITLE_SIZE, bold=True) for line in titles),
        *(width_of(line, LINE_SIZE) for line in member.lines),
    ]
    return {
        "id": member.id,
        "width": round(max(texts)) + 2 * PADDING,
        "height": LINE_HEIGHT * (len(titles) + len(member.lines)) + 2 * PADDING - 4,
    }


def _group(group: Group) -> dict[str, str]:
    if not group.title:
        return {"elk.padding": "[top=0,left=0,bottom=0,right=0]"}  # it only keeps its members together
    top = HEADING + LINE_HEIGHT * len(group.lines)
    options = {"elk.padding": f"[top={top},left={PADDING},bottom={PADDING},right={PADDING}]"}
    if group.flow is None:
        # So wide that the heading finds room beside an arrow in the middle. ELK lays out from left to right and turns
        # the result, but not this size.
        size = f"(0, {2 * round(width_of(group.title, TITLE_SIZE, bold=True))})"
        return {**options, "elk.nodeSize.constraints": "MINIMUM_SIZE", "elk.nodeSize.minimum": size}
    return {
        **_OPTIONS,
        **options,
        "elk.direction": group.flow,
        "elk.hierarchyHandling": "SEPARATE_CHILDREN",
        "elk.separateConnectedComponents": "false",
    }


def _edge(id_: str, arrow: Arrow) -> Graph:
    size = {"width": round(width_of(arrow.label, LINE_SIZE)), "height": LINE_HEIGHT}
    return {
        "id": id_,
        "sources": [arrow.source],
        "targets": [arrow.target],
        "labels": [{"text": arrow.label, **size}] if arrow.label else [],
    }
