"""What a picture is made of, before anybody knows where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """Something that exists.

    Attributes:
        id: what arrows call it by.
        title: its name.
        lines: what else is to be known of it.
        kind: how it looks, a class of style.css.
    """

    id: str
    title: str
    lines: tuple[str, ...] = ()
    kind: str = "plain"


@dataclass(frozen=True)
class Group:
    """What holds boxes.

    Attributes:
        id: what arrows call it by.
        title: its name.
        members: what it holds, in this order.
        kind: how it looks, a class of style.css.
        lines: what else is to be known of it.
        flow: where the arrows within lead, RIGHT or DOWN; nothing: where they lead around it.
    """

    id: str
    title: str
    members: tuple["Box | Group", ...]
    kind: str = "plain"
    lines: tuple[str, ...] = ()
    flow: str | None = None


@dataclass(frozen=True)
class Arrow:
    """One thing leads to another.

    Attributes:
        source: the id of what it leaves.
        target: the id of what it reaches.
        label: what goes along it.
    """

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Picture:
    """A whole picture.

    Attributes:
        title: what it shows.
        description: the same for those who cannot see it.
        members: what stands in it.
        arrows: what leads where.
        flow: where the arrows lead, RIGHT or DOWN.
        legend: the kinds of boxes that need explaining, each with its name.
    """

    title: str
    description: str
    members: tuple[Box | Group, ...]
    arrows: tuple[Arrow, ...]
    flow: str = "DOWN"
    legend: tuple[tuple[str, str], ...] = ()

    def said(self, arrow: Arrow) -> str:
        """Return what an arrow says, in words."""
        titles = {member.id: member.title for member in within(self.members)}
        return f"{titles[arrow.source]} → {titles[arrow.target]}"


def within(members: tuple[Box | Group, ...]) -> Iterator[Box | Group]:
    """Yield boxes and groups at any depth, each group before what it holds."""
    for member in members:
        yield member
        if isinstance(member, Group):
            yield from within(member.members)
