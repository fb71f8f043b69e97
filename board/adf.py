"""Descriptions in the Atlassian Document Format, which Jira's API takes and gives from version 3 on."""

import re
from collections.abc import Iterable
from typing import Any

Node = dict[str, Any]

_CODE = re.compile(r"`([^`]+)`")


def document(*content: Node) -> Node:
    """Return a document."""
    return {"type": "doc", "version": 1, "content": list(content)}


def heading(text: str) -> Node:
    """Return a heading of the third level."""
    return {"type": "heading", "attrs": {"level": 3}, "content": [_text(text)]}


def paragraph(text: str) -> Node:
    """Return a paragraph; what stands between back quotes is code."""
    parts = _CODE.split(text)  # text and code by turns
    nodes = [_text(part, *([{"type": "code"}] if turn % 2 else [])) for turn, part in enumerate(parts) if part]
    return {"type": "paragraph", "content": nodes}


def link(text: str, address: str) -> Node:
    """Return a paragraph that is code and leads somewhere."""
    return {
        "type": "paragraph",
        "content": [_text(text, {"type": "code"}, {"type": "link", "attrs": {"href": address}})],
    }


def bullets(items: Iterable[Node]) -> Node:
    """Return a list of these paragraphs."""
    return {"type": "bulletList", "content": [{"type": "listItem", "content": [item]} for item in items]}


def essence(node: Any) -> Any:
    """Return a document without what Jira adds to it: names of its own for the nodes, and attributes with no value."""
    if isinstance(node, list):
        return sorted(map(essence, node), key=str) if _are_marks(node) else [essence(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: essence(value) for key, value in node.items() if key != "localId" and value is not None}
    return {key: value for key, value in kept.items() if value != {}}


def _are_marks(nodes: list[Any]) -> bool:
    """Whether these are the marks of a text, whose order says nothing."""
    return bool(nodes) and all(isinstance(node, dict) and node.get("type") in {"code", "link"} for node in nodes)


def _text(text: str, *marks: Node) -> Node:
    return {"type": "text", "text": text} | ({"marks": list(marks)} if marks else {})
