"""docs/diagrams/pipeline.svg shows the pipeline as it is."""

import copy
from collections.abc import Mapping

from diagrams import DIRECTORY
from diagrams.jenkinsfile import Node, within
from diagrams.picture import Box
from diagrams.picture import within as members
from diagrams.pipeline import pipeline
from diagrams.svg import draw


def test_the_picture_is_up_to_date(trees: dict[str, Node]) -> None:
    drawn = (DIRECTORY / "pipeline.svg").read_text("utf-8")
    assert drawn == draw(pipeline(trees)), "stale; renew it: make diagrams"


def test_every_command_stands_in_the_picture_but_for_cleaning_up(trees: dict[str, Node]) -> None:
    shown = {line for box in members(pipeline(trees).members) if isinstance(box, Box) for line in box.lines}
    commands = {node["arguments"][0] for node in within(trees["main"]) if node["name"] == "sh"}
    assert commands - shown == {"ci/clean"}


def test_a_stage_that_another_build_is_spared_is_drawn_as_one(trees: dict[str, Node]) -> None:
    kinds = {box.id: box.kind for box in members(pipeline(trees).members) if isinstance(box, Box)}
    assert {name for name, kind in kinds.items() if kind == "main"} == {
        *("push", "plan", "approval", "deploy", "verify", "report")
    }


def test_what_follows_what_changes_with_the_jenkinsfile(trees: dict[str, Node]) -> None:
    assert ("plan", "approval") in _order(trees)
    assert ("plan", "deploy") in _order(_without(trees, "approval"))


def _order(trees: Mapping[str, Node]) -> set[tuple[str, str]]:
    return {(arrow.source, arrow.target) for arrow in pipeline(trees).arrows}


def _without(trees: dict[str, Node], name: str) -> dict[str, Node]:
    changed = copy.deepcopy(trees)
    for tree in changed.values():
        for node in within(tree):
            held = node.get("holds", [])
            node["holds"] = [item for item in held if item["name"] != "stage" or item["arguments"][0] != name]
    return changed
