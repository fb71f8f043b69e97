"""The pipeline: which stage comes after which, what it runs, for how long at most, and in whose builds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from diagrams.jenkinsfile import Node, commands, held, leaves, minutes, stages, within
from diagrams.picture import Arrow, Box, Group, Picture

_REPORT = "report"
_LONGEST = 120
"""From where on a time-out is told in hours."""


def pipeline(trees: Mapping[str, Node]) -> Picture:
    """Return the picture of the pipeline.

    Args:
        trees: the Jenkinsfile's content as each kind of build finds it, `main` among them.
    """
    return _Pipeline(trees).picture()


@dataclass(frozen=True)
class _Pipeline:
    trees: Mapping[str, Node]

    def picture(self) -> Picture:
        tree = self.trees["main"]
        reports = tuple(self._reports(tree))
        members = (*(self._member(stage) for stage in stages(tree)), *reports)
        builds = [*self._builds().values(), self._told()]
        return Picture(
            title="Slipway's pipeline",
            description="The stages of the Jenkinsfile in their order, what each runs, and how long it may take.",
            members=members,
            arrows=(*_order(stages(tree)), *(Arrow(members[-2].id, report.id) for report in reports)),
            legend=tuple(dict.fromkeys((_kind(names), f"builds of: {', '.join(names)}") for names in builds)),
        )

    def _member(self, stage: Node) -> Box | Group:
        """Return a stage as a box, or as the group of those that it holds."""
        inner = tuple(self._member(item) for item in stages(stage))
        return Group(_name(stage), _heading(stage), inner, flow="RIGHT") if inner else self._box(stage)

    def _box(self, stage: Node) -> Box:
        work = commands(stage) or ["waits for a person" for node in within(stage) if node["name"] == "input"]
        if any(held(when, "expression") for when in held(stage, "when")):
            work.append("where it is asked for")
        most = minutes(stage)
        limit = f"at most {most} min" if most <= _LONGEST else f"at most {most // 60} h"
        return Box(_name(stage), _name(stage), (*work, limit), _kind(self._builds()[_name(stage)]))

    def _builds(self) -> dict[str, tuple[str, ...]]:
        """Return the builds that run each stage."""
        found: dict[str, tuple[str, ...]] = {}
        for build, tree in self.trees.items():
            for name, _, wanted, _ in leaves(tree, build):
                found[name] = (*found.get(name, ()), *([build] if wanted else []))
        return found

    def _reports(self, tree: Node) -> Iterator[Box]:
        """Yield what is done after all stages."""
        for post in held(tree, "post"):
            yield Box(_REPORT, _REPORT, (*commands(post), "whatever came of it"), _kind(self._told()))

    def _told(self) -> tuple[str, ...]:
        """Return the builds after which something is done."""
        return tuple(build for build, tree in self.trees.items() if any(commands(post) for post in held(tree, "post")))


def _heading(stage: Node) -> str:
    labels = [label["arguments"][0] for agent in held(stage, "agent") for label in held(agent, "label")]
    side_by_side = ["side by side"] if held(stage, "parallel") else []
    return ", ".join([_name(stage), *(f"agent {label}" for label in labels), *side_by_side])


def _order(side: list[Node]) -> Iterator[Arrow]:
    """Yield what follows what, at any depth."""
    for before, after in pairwise(side):
        yield Arrow(_name(before), _name(after))
    for stage in side:
        for block in held(stage, "stages"):
            yield from _order(held(block, "stage"))
        for block in held(stage, "parallel"):
            for branch in held(block, "stage"):
                yield from _order([branch])


def _kind(builds: tuple[str, ...]) -> str:
    return "every" if len(builds) > 1 else "main"


def _name(stage: Node) -> str:
    return str(stage["arguments"][0])
