"""Jira Cloud, as far as the backlog needs it: REST API version 3 behind the errors that a person can act on.

An issue is known by an entity property that holds its ID in the backlog: nobody sees or changes it in Jira's pages, and
it is given in the request that makes the issue, so that there is no moment without it.
"""

import logging
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from atlassian.jira import JiraCloud
from requests import Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import HTTPError, RequestException, RetryError
from urllib3 import BaseHTTPResponse, Retry

from board import BoardError

PROPERTY = "slipway-board"

_FIELDS = ["summary", "description", "priority", "labels", "parent", "issuetype"]
_AT_ONCE = 100
"""Issues that one request may fetch."""

_ANSWER_SECONDS = 30
_REPETITIONS = 8
_AGAIN = "run it again: nothing is made twice"

logging.getLogger("atlassian").addHandler(logging.NullHandler())  # what it would print comes as an exception too


@dataclass(frozen=True)
class IssueType:
    """A type of issues, with what may be given to a new one: Jira's description of each field by its ID."""

    id: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Issue:
    """An issue that the backlog knows."""

    id: str
    key: str
    fields: dict[str, Any]


class _Patience(Retry):
    """Waits as long as Jira asks, and says so.

    A request is repeated only where it was not carried out: it was refused for now, or never left this machine.
    """

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        asked = self.get_retry_after(response) if response is not None else None
        if seconds := asked or self.get_backoff_time():
            why = "Jira cannot be reached" if response is None else "Jira asks to wait"
            sys.stderr.write(f"{why}: again in {seconds:.0f} s\n")
        super().sleep(response)


class Jira:
    """A project in Jira Cloud.

    Raises:
        BoardError: every method does where Jira refuses, cannot be reached or answers what it should not.
    """

    def __init__(self, url: str, email: str, token: str, project: str) -> None:
        """Take an account and its API token; nothing is asked yet."""
        self._project = project
        session = Session()
        patience = _Patience(
            total=_REPETITIONS, connect=3, read=False, status_forcelist=[429], allowed_methods=None, backoff_factor=1
        )
        session.mount(url, HTTPAdapter(max_retries=patience))
        self._url = url
        self._api = JiraCloud(
            url, username=email, password=token, session=session, timeout=_ANSWER_SECONDS, retry_with_header=False
        )

    def issue_type(self, name: str) -> IssueType:
        """Return the type with this English name."""
        types = self._pages("issueTypes", self._api.get_create_issue_meta_issue_types, self._project)
        ids = {given.get("untranslatedName", given["name"]): given["id"] for given in types}
        if name not in ids:
            raise BoardError(
                f"project {self._project}: there is no issue type {name}, only {', '.join(ids)}; "
                "add it in the project's settings"
            )
        fields = self._pages("fields", self._api.get_create_issue_meta_issue_type_id, self._project, ids[name])
        return IssueType(ids[name], {field["fieldId"]: field for field in fields})

    def issues(self) -> list[Issue]:
        """Return the project's issues that are of the backlog.

        Search runs seconds to minutes behind. It only tells which issues there are; what they are like is read from
        themselves, and the numbers around the last one are tried, so that an issue made a moment ago is found too.
        """
        query = f'project = "{self._project}" ORDER BY key'
        found = self._ask("search", self._api.enhanced_jql_get_list_of_tickets, query, fields="id")
        names = [issue["id"] for issue in found]
        issues = {issue["key"]: issue for part in _parts(names) for issue in self._fetch(part)}
        while newer := [issue for issue in self._fetch(self._unseen_neighbours(issues)) if issue["key"] not in issues]:
            issues |= {issue["key"]: issue for issue in newer}
        return [
            Issue(issue["properties"][PROPERTY]["id"], key, issue["fields"])
            for key, issue in issues.items()
            if PROPERTY in issue.get("properties", {})
        ]

    def create(self, name: str, fields: dict[str, Any]) -> str:
        """Make the issue for an ID of the backlog, and return its key."""
        properties = [{"key": PROPERTY, "value": {"id": name}}]
        data = {"fields": {"project": {"key": self._project}, **fields}, "properties": properties}
        key: str = self._ask(name, self._api.create_issue, data=data)["key"]
        return key

    def update(self, key: str, fields: dict[str, Any]) -> None:
        """Change these fields of an issue."""
        self._call(key, self._api.edit_issue, key, data={"fields": fields})

    def delete(self, key: str) -> None:
        """Delete an issue that has no subtasks."""
        self._call(key, self._api.delete_issue, key)

    def _fetch(self, names: list[str]) -> list[dict[str, Any]]:
        """Return those of these issues that the project has."""
        data = {"issueIdsOrKeys": names, "fields": _FIELDS, "properties": [PROPERTY]}
        answer = self._ask("reading", self._api.bulk_fetch_issues, data=data)
        if errors := answer.get("issueErrors"):
            raise BoardError(f"Jira cannot give {len(errors)} issues at present; {_AGAIN}")
        # A key leads to its issue wherever that was moved to.
        return [issue for issue in answer["issues"] if issue["key"].startswith(f"{self._project}-")]

    def _unseen_neighbours(self, seen: Collection[str]) -> list[str]:
        """Return the keys with numbers around the last one seen, as many as one request takes."""
        last = max((int(key.rpartition("-")[2]) for key in seen), default=0)
        around = range(max(1, last - _AT_ONCE // 2 + 1), last + _AT_ONCE // 2 + 1)
        return [key for key in (f"{self._project}-{number}" for number in around) if key not in seen]

    def _pages(self, items: str, call: Callable[..., Any], *arguments: str) -> Iterator[dict[str, Any]]:
        """Yield what is given by pages that count."""
        start = 0
        while True:
            page = self._ask(f"project {self._project}", call, *arguments, start_at=start)
            yield from page[items]
            start += len(page[items])
            if start >= page["total"] or not page[items]:
                return

    def _ask(self, subject: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call, and return what is answered."""
        answer = self._call(subject, call, *arguments, **options)
        if not isinstance(answer, dict | list):
            raise BoardError(
                f"{subject}: {self._url} answers no JSON; is JIRA_URL the address of a site in Jira Cloud?"
            )
        return answer

    def _call(self, subject: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call, and say in a line what went wrong."""
        try:
            return call(*arguments, **options)
        except HTTPError as error:
            raise BoardError(f"{subject}: {_reason(error)}") from None
        except RetryError:
            raise BoardError(
                f"{subject}: Jira asks to wait after {_REPETITIONS} repetitions; later, {_AGAIN}"
            ) from None
        except RequestException as error:
            raise BoardError(
                f"{subject}: no answer from {self._url} ({type(error).__name__}); check JIRA_URL and the network, "
                f"then {_AGAIN}"
            ) from None


def _reason(error: HTTPError) -> str:
    """Say what Jira says, by field where it names one, and what to do."""
    response = cast("Response", error.response)  # the client gives it with each
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return "Jira does not accept JIRA_TOKEN for JIRA_EMAIL (401); make a token for that account"
    try:
        said = response.json()
        reasons = [
            *said.get("errorMessages", []),
            *(f"{name}: {text}" for name, text in said.get("errors", {}).items()),
        ]
    except (ValueError, AttributeError):
        reasons = []
    return f"Jira refuses ({response.status_code}): {'; '.join(reasons) or response.reason}"


def _parts(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
