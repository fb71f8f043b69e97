"""What has to change in Jira so that it says what the backlog says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from board import BoardError, adf
from board.backlog import Backlog, Epic, Project, Story, Work
from board.jira import Issue, IssueType

Verb = Literal["create", "update", "delete"]

LABEL = "slipway"
"""By which people find the backlog's issues; they may add labels of their own."""

_GIVEN_ANYHOW = {"project", "issuetype", "reporter"}


@dataclass(frozen=True)
class Change:
    """A request to make. `parent` is the ID of the epic to hang the issue on, whose key may not be known yet."""

    verb: Verb
    id: str
    kind: str
    title: str
    key: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None


def changes(backlog: Backlog, issues: Iterable[Issue], types: Mapping[str, IssueType]) -> list[Change]:
    """Return the changes in the order in which they can be made: epics, stories, and what the backlog has no more.

    Raises:
        BoardError: Jira's types of issues do not fit, two issues are for one ID, or an issue is of another type.
    """
    _refuse_unfit(backlog, types)
    known = _by_id(issues)
    keys = {name: issue.key for name, issue in known.items()}
    needed = []
    for work, epic in backlog.work():
        issue = known.pop(work.id, None)
        fields, parent = _fields(backlog.project, work), epic.id if epic else None
        if issue is None:
            fields["issuetype"] = {"id": types[work.kind].id}
            needed.append(Change("create", work.id, work.kind, work.title, fields=fields, parent=parent))
            continue
        if issue.fields["issuetype"]["id"] != types[work.kind].id:
            raise BoardError(
                f"{work.id}: {issue.key} is not of the type {work.kind}; change its type in Jira, or the ID"
            )
        differing = _differing(issue.fields, fields)
        moved = parent is not None and (issue.fields.get("parent") or {}).get("key") != keys.get(parent)
        if differing or moved:
            change = Change("update", work.id, work.kind, work.title, issue.key, differing, parent if moved else None)
            needed.append(change)
    gone = [Change("delete", name, "issue", issue.fields["summary"], issue.key) for name, issue in known.items()]
    return needed + gone


def _by_id(issues: Iterable[Issue]) -> dict[str, Issue]:
    known: dict[str, Issue] = {}
    for issue in issues:
        if issue.id in known:
            raise BoardError(f"{known[issue.id].key} and {issue.key} are both {issue.id}: delete one of them in Jira")
        known[issue.id] = issue
    return known


def _fields(project: Project, work: Work) -> dict[str, Any]:
    """Return what Jira should say of a piece of work."""
    commits = f"{project.repository}/commits/{project.branch}"
    description = adf.document(
        adf.paragraph(work.why),
        adf.heading("Acceptance criteria"),
        adf.bullets(map(adf.paragraph, work.acceptance)),
        adf.heading("Commits"),
        adf.bullets(adf.link(area, f"{commits}/{area}") for area in work.areas),
    )
    return {
        "summary": work.title,
        "description": description,
        "priority": {"name": work.priority},
        "labels": [LABEL],
    }


def _differing(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to be written; a label more is nobody's business."""
    same = {
        "summary": present["summary"] == wanted["summary"],
        "description": adf.essence(present["description"]) == adf.essence(wanted["description"]),
        "priority": (present["priority"] or {}).get("name") == wanted["priority"]["name"],
        "labels": set(wanted["labels"]) <= set(present["labels"]),
    }
    differing = {name: wanted[name] for name in wanted if not same[name]}
    if "labels" in differing:
        differing["labels"] = [*present["labels"], *wanted["labels"]]
    return differing


def _refuse_unfit(backlog: Backlog, types: Mapping[str, IssueType]) -> None:
    """Refuse a project whose issues cannot hold what the backlog has, before anything is written."""
    for kind in (Epic, Story):
        name, fields = kind.__name__, types[kind.__name__].fields
        given = {"summary", "description", "priority", "labels"} | ({"parent"} if kind is Story else set())
        if missing := given - fields.keys():
            raise BoardError(
                f"{name}: Jira's type has no field {', '.join(sorted(missing))}; add it in the project's settings"
            )
        wanting = [
            told["name"]
            for name, told in fields.items()
            if told["required"] and not told.get("hasDefaultValue") and name not in given | _GIVEN_ANYHOW
        ]
        if wanting:
            raise BoardError(
                f"{name}: Jira's type demands {', '.join(wanting)}; make it optional in the project's settings"
            )
        allowed = [value["name"] for value in fields["priority"]["allowedValues"]]
        used = {work.priority for work, _ in backlog.work() if type(work) is kind}
        if unknown := used - set(allowed):
            raise BoardError(
                f"{name}: Jira's project has no priority {', '.join(sorted(unknown))}, only {', '.join(allowed)}; "
                "add it there"
            )
