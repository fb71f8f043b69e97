"""Stands in for Jira Cloud: the part of REST API version 3 that the backlog needs, as Atlassian publishes it.

Search runs behind, by pages with a token; createmeta comes by pages that count; issues are read by their IDs or keys at
most a hundred at once; errors are `errorMessages` and `errors` by field; a rate limit is 429 with Retry-After.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from threading import Event
from typing import Any

API = "/rest/api/3/"
PRIORITIES = ["Highest", "High", "Medium", "Low", "Lowest"]
Answer = tuple[int, Any]


def error(*messages: str, **fields: str) -> dict[str, Any]:
    """Return an error as Jira words it."""
    return {"errorMessages": list(messages), "errors": fields}


def described(name: str, **told: Any) -> dict[str, Any]:
    """Return what createmeta says of a field."""
    return {
        "fieldId": name,
        "key": name,
        "name": name.capitalize(),
        "required": False,
        "hasDefaultValue": False,
        **told,
    }


def types() -> dict[str, dict[str, Any]]:
    """Return the issue types of a project, by name, with the fields that a new issue of each may be given."""
    names = ["summary", "issuetype", "project", "reporter", "description", "priority", "labels", "parent"]
    told: dict[str, dict[str, Any]] = {
        "summary": {"required": True},
        "priority": {"allowedValues": [{"name": name} for name in PRIORITIES]},
    }
    fields = {name: described(name, **told.get(name, {})) for name in names}
    return {
        name: {"id": number, "name": f"«{name}»", "untranslatedName": name, "fields": dict(fields)}
        for name, number in (("Epic", "10000"), ("Task", "10001"), ("Story", "10002"))
    }


@dataclass
class Site:
    """A site with one project, SLIP, and what was asked of it."""

    url: str
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    types: dict[str, dict[str, Any]] = field(default_factory=types)
    indexed: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)
    links: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    """Keys by which issues were once called, and their present ones."""
    last: int = 0
    page: int = 7
    longest_summary: int = 255
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses and headers with which the next requests are refused."""
    silent_after: int | None = None
    """Once so many issues are made, connections end without an answer."""
    hang_after: int | None = None
    """Once so many issues are made, no answer comes before `go_on`."""
    hangs: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def index(self) -> None:
        """Let search catch up."""
        self.indexed = set(self.issues)

    def by_id(self) -> dict[str, dict[str, Any]]:
        """Return the fields of the backlog's issues; fails where two are one piece of work."""
        names = [issue["properties"]["slipway-board"]["id"] for issue in self.issues.values() if issue["properties"]]
        assert len(names) == len(set(names)), f"made twice: {Counter(names).most_common(1)}"
        return dict(zip(names, (i["fields"] for i in self.issues.values() if i["properties"]), strict=True))

    def make(self, fields: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        self.last += 1
        key = f"SLIP-{self.last}"
        self.issues[key] = {
            "id": str(20000 + self.last),
            "key": key,
            "fields": {"priority": {"name": "Medium"}, "labels": [], "parent": None, "description": None} | fields,
            "properties": properties,
        }
        return self.issues[key]

    def answer(self, method: str, path: str, query: dict[str, str], data: dict[str, Any]) -> Answer:
        """Answer as Jira does."""
        match method, path.removeprefix(API).split("/"):
            case "GET", ["search", "jql"]:
                return self._search(query)
            case "POST", ["issue", "bulkfetch"]:
                return self._fetch(data)
            case "POST", ["issue"]:
                return self._create(data)
            case (("PUT" | "DELETE"), ["issue", key]) if key not in self.issues:
                return 404, error("Issue does not exist or you do not have permission to see it.")
            case "PUT", ["issue", key]:
                return self._edit(key, data["fields"])
            case "DELETE", ["issue", key]:
                del self.issues[key]
                return 204, None
            case "POST", ["issue", key, "remotelink"] if key in self.issues:
                self.links.append((key, data))
                return 201, {"id": len(self.links), "self": f"{self.url}{path}/{len(self.links)}"}
            case "POST", ["issue", _, "remotelink"]:
                return 404, error("Issue does not exist or you do not have permission to see it.")
            case "GET", ["issue", "createmeta", "SLIP", "issuetypes"]:
                told = [{key: kind[key] for key in ("id", "name", "untranslatedName")} for kind in self.types.values()]
                return self._counted("issueTypes", told, query)
            case "GET", ["issue", "createmeta", "SLIP", "issuetypes", number]:
                (fields,) = (kind["fields"] for kind in self.types.values() if kind["id"] == number)
                return self._counted("fields", list(fields.values()), query)
            case "GET", ["issue", "createmeta", project, "issuetypes"]:
                return 404, error(f"No project could be found with key '{project}'.")
        return 404, error("null for uri: " + path)

    def _counted(self, name: str, items: list[Any], query: dict[str, str]) -> Answer:
        start = int(query.get("startAt", 0))
        page = items[start : start + 2]
        return 200, {name: page, "startAt": start, "maxResults": 2, "total": len(items)}

    def _search(self, query: dict[str, str]) -> Answer:
        if not re.match(r'project = "SLIP"', query["jql"]):
            return 400, error("Unbounded JQL queries are not allowed here. Please add a search restriction.")
        found = [issue for key, issue in self.issues.items() if key in self.indexed]
        start = int(query.get("nextPageToken", "token-0").removeprefix("token-"))
        end = start + self.page
        answer: dict[str, Any] = {"issues": [{"id": issue["id"]} for issue in found[start:end]]}
        if end >= len(found):
            return 200, answer | {"isLast": True}
        return 200, answer | {"isLast": False, "nextPageToken": f"token-{end}"}

    def _fetch(self, data: dict[str, Any]) -> Answer:
        names = {self.moved.get(name, name) for name in data["issueIdsOrKeys"]}
        if not 0 < len(data["issueIdsOrKeys"]) <= 100:
            return 400, error("The number of issues has to be between 1 and 100.")
        found = [issue for issue in self.issues.values() if issue["id"] in names or issue["key"] in names]
        return 200, {
            "issueErrors": [],
            "issues": [
                {
                    "id": issue["id"],
                    "key": issue["key"],
                    "fields": {name: issue["fields"][name] for name in data["fields"]},
                    "properties": {key: issue["properties"][key] for key in data["properties"] if issue["properties"]},
                }
                for issue in found
            ],
        }

    def _create(self, data: dict[str, Any]) -> Answer:
        if wrong := self._wrong(data["fields"]):
            return 400, error(**wrong)
        fields = {name: value for name, value in data["fields"].items() if name != "project"}
        properties = {item["key"]: item["value"] for item in data["properties"]}
        issue = self.make({**fields, "description": with_local_ids(fields["description"])}, properties)
        return 201, {"id": issue["id"], "key": issue["key"], "self": f"{self.url}{API}issue/{issue['id']}"}

    def _edit(self, key: str, fields: dict[str, Any]) -> Answer:
        if wrong := self._wrong(fields):
            return 400, error(**wrong)
        self.issues[key]["fields"] |= fields
        return 204, None

    def _wrong(self, fields: dict[str, Any]) -> dict[str, str]:
        wrong = {}
        if fields.get("priority", {"name": "High"})["name"] not in PRIORITIES:
            wrong["priority"] = "Specify a valid priority."
        if len(fields.get("summary", "")) > self.longest_summary:
            wrong["summary"] = f"Summary must be less than {self.longest_summary} characters."
        if "description" in fields and not is_document(fields["description"]):
            wrong["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        if fields.get("parent", {"key": None})["key"] not in {None, *self.issues}:
            wrong["parent"] = "Could not find issue by id or key."
        return wrong


HOLDS = {
    "doc": {"paragraph", "heading", "bulletList"},
    "bulletList": {"listItem"},
    "listItem": {"paragraph"},
    "paragraph": {"text"},
    "heading": {"text"},
}
"""What the Atlassian Document Format lets each of these nodes hold."""


def is_document(document: Any) -> bool:
    """Whether the Atlassian Document Format takes it: each node in its place, no empty text, code with links alone."""

    def sound(node: dict[str, Any]) -> bool:
        if node["type"] == "text":
            return bool(node["text"]) and {mark["type"] for mark in node.get("marks", [])} <= {"code", "link"}
        return all(child["type"] in HOLDS[node["type"]] and sound(child) for child in node["content"])

    return (
        isinstance(document, dict)
        and document.get("type") == "doc"
        and document.get("version") == 1
        and sound(document)
    )


def with_local_ids(node: Any) -> Any:
    """Return a document as Jira gives it back: with names of its own for lists and paragraphs."""
    if isinstance(node, list):
        return [with_local_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: with_local_ids(value) for key, value in node.items()}
    if node.get("type") in {"paragraph", "bulletList"}:
        changed["attrs"] = {"localId": "9f0c0a52-6b3e"}
    return changed
