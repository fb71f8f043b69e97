"""Issues whose keys stand in the commits lead to their build and to their release, and nobody is shown the account."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.board.site import Site
from tests.board.stand_in import ACCOUNT
from tests.board.stand_in import serve as serve_jira
from tests.ci.release.stages import LAST_GOOD
from tests.ci.server import Server
from tests.ci.workplace import Workplace, git

pytestmark = pytest.mark.full

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:jira"
BUILD = {"SLIPWAY_JIRA_SECRET": SECRET, "RESULT": "SUCCESS", "BUILD_URL": "http://jenkins.example/1/"}


@pytest.fixture
def jira(server: Server) -> Iterator[Site]:
    """A Jira with three issues, whose account lies in the secret."""
    with serve_jira() as site:
        for number in range(3):
            site.make({"summary": f"number {number}"}, {})
        server.secrets[SECRET] = json.dumps({"url": site.url, "email": ACCOUNT[0], "token": ACCOUNT[1]})
        yield site


def commit(workplace: Workplace, *messages: str) -> None:
    """Add commits to what is built."""
    for message in messages:
        git(workplace.root, "commit", "--quiet", "--allow-empty", "--message", message)
    workplace.commit = git(workplace.root, "rev-parse", "HEAD")


def record(server: Server, release: str, previous: str = "none") -> None:
    """Note which release users get."""
    server.parameters[LAST_GOOD] = json.dumps({"release": release, "images": {}, "previous": previous})


def titles(jira: Site) -> dict[str, list[str]]:
    """Return the titles of the links that each issue got."""
    told: dict[str, list[str]] = {}
    for key, link in jira.links:
        told.setdefault(key, []).append(link["object"]["title"])
    return told


def test_what_waits_for_a_release_leads_to_its_build(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str]
) -> None:
    record(server, workplace.commit)
    commit(workplace, "SLIP-1: a door", "A roof\n\nFor SLIP-2, as of SLIP-1 in UTF-8, not XSLIP-3 or OLD-SLIP-3")

    result = workplace.run("report", **BUILD | {"RESULT": "FAILURE"}, **aws)

    assert result.returncode == 0, result.stderr
    build = f"Build of {workplace.commit[:12]}: FAILURE"
    assert titles(jira) == {"SLIP-1": [build], "SLIP-2": [build]}
    assert {link["object"]["url"] for _, link in jira.links} == {"http://jenkins.example/1/"}


def test_what_a_build_has_released_leads_to_the_release_too(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str]
) -> None:
    commit(workplace, "SLIP-3: users have it already")
    before = workplace.commit
    commit(workplace, "SLIP-1: a door", "SLIP-2: a roof")
    record(server, workplace.commit, previous=before)

    for _ in range(2):
        assert workplace.run("report", **BUILD, **aws).returncode == 0

    build, release = (
        f"Build of {workplace.commit[:12]}: SUCCESS",
        f"In production since release {workplace.commit[:12]}",
    )
    assert titles(jira) == {"SLIP-1": [build, release] * 2, "SLIP-2": [build, release] * 2}
    assert {link["globalId"] for _, link in jira.links} == {"slipway:build", "slipway:release"}, (
        "written anew, not added"
    )


@pytest.mark.parametrize("recorded", ["none", json.dumps({"release": "0" * 40, "images": {}})])
def test_with_no_release_before_it_the_newest_commit_alone_is_told(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str], recorded: str
) -> None:
    server.parameters[LAST_GOOD] = recorded
    commit(workplace, "SLIP-1: a door", "SLIP-2: a roof")

    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 0, result.stderr
    assert list(titles(jira)) == ["SLIP-2"]


def test_an_issue_that_is_not_there_keeps_nothing_from_the_others(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str]
) -> None:
    record(server, workplace.commit)
    commit(workplace, "SLIP-2, SLIP-1 and SLIP-999")
    jira.refusals = [(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"})]

    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 1
    assert list(titles(jira)) == ["SLIP-1", "SLIP-2"]
    assert result.stderr == (
        "SLIP-999 could not be told: Jira refuses (404): "
        "Issue does not exist or you do not have permission to see it.\n"
    )


@pytest.mark.parametrize(
    ("account", "refusal"),
    [
        ({"token": "secret"}, "SLIP-1 could not be told: Jira refuses (401): "),
        ({"url": "http://127.0.0.1:9"}, "SLIP-1 could not be told: "),
        ({"url": "http://jira.example"}, "Jira could not be told: the secret's url is not https://…"),
        ({"token": None, "password": "hush"}, "Jira could not be told: the secret holds no "),
    ],
)
def test_an_account_that_does_not_serve_is_one_line_and_not_shown(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str], account: dict[str, Any], refusal: str
) -> None:
    told = json.loads(server.secrets[SECRET]) | account
    server.secrets[SECRET] = json.dumps({name: value for name, value in told.items() if value})
    record(server, workplace.commit)
    commit(workplace, "SLIP-1: a door")

    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 1
    assert result.stderr.startswith(refusal)
    assert result.stderr.count("\n") == 1
    for word in (ACCOUNT[1], *(value for name, value in account.items() if name != "url" and value)):
        assert word not in result.stdout + result.stderr.removeprefix(refusal)
    assert jira.links == []


def test_a_chat_that_is_away_keeps_nothing_from_jira(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str]
) -> None:
    record(server, workplace.commit)
    commit(workplace, "SLIP-1: a door")

    result = workplace.run("report", **BUILD, **aws, SLIPWAY_CHAT_SECRET="arn:of:no:secret")

    assert result.returncode == 1
    assert result.stderr.startswith("the chat could not be told: ")
    assert list(titles(jira)) == ["SLIP-1"]


def test_commits_without_a_key_ask_jira_nothing(
    workplace: Workplace, server: Server, jira: Site, aws: dict[str, str]
) -> None:
    record(server, workplace.commit)
    commit(workplace, "A door")
    server.secrets.clear()

    assert workplace.run("report", **BUILD, **aws).returncode == 0
    assert not jira.requests
