import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from slipway.webhook_handler import handler
from tests.jenkins import BODY, REPOSITORY, SECRET, SIGNATURE, Jenkins, listening


@pytest.fixture
def jenkins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jenkins]:
    with listening(monkeypatch) as jenkins:
        yield jenkins


def call(body: str, *, event: str = "push", signature: str | None = None, encoded: bool = False) -> tuple[int, str]:
    """Call the handler as an HTTP API does, signed with the secret unless a signature is given."""
    headers = {"x-github-event": event, "x-hub-signature-256": signature or sign(body)}
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    answer = handler.handle({"headers": headers, "body": sent, "isBase64Encoded": encoded}, None)
    return answer["statusCode"], json.loads(answer["body"])["message"]


def sign(body: str) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()


def push(url: str = REPOSITORY) -> str:
    return json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": url}})


def test_githubs_example_is_signed() -> None:
    assert handler.is_signed(BODY.encode(), SIGNATURE, SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        ("Hello, World?", SIGNATURE, SECRET),
        (BODY, SIGNATURE[:-1] + "8", SECRET),
        (BODY, SIGNATURE.removeprefix("sha256="), SECRET),
        (BODY, SIGNATURE.replace("sha256", "sha1"), SECRET),
        (BODY, SIGNATURE, SECRET + "!"),
        (BODY, "", SECRET),
        (BODY, "sha256=é", SECRET),
    ],
)
def test_anything_else_is_not(body: str, signature: str, secret: str) -> None:
    assert not handler.is_signed(body.encode(), signature, secret)


@pytest.mark.parametrize("event", sorted(handler.EVENTS))
@pytest.mark.parametrize("encoded", [False, True])
def test_a_signed_change_has_jenkins_look(jenkins: Jenkins, event: str, encoded: bool) -> None:
    assert call(push(), event=event, encoded=encoded) == (202, "Jenkins looks for changes")
    assert jenkins.asked == [f"/git/notifyCommit?url={REPOSITORY}"]


@pytest.mark.parametrize("written", [REPOSITORY.removesuffix(".git"), REPOSITORY.replace("example", "Example")])
def test_the_setting_may_write_the_repository_in_another_way(
    jenkins: Jenkins, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("REPOSITORY", written)
    assert call(push())[0] == 202
    assert len(jenkins.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ({"signature": SIGNATURE}, (401, "the signature is missing or wrong")),
        ({"signature": "sha256="}, (401, "the signature is missing or wrong")),
        ({"signature": SIGNATURE, "event": "ping"}, (401, "the signature is missing or wrong")),
        ({"signature": SIGNATURE, "body": "Hello"}, (401, "the signature is missing or wrong")),
        ({"event": "ping"}, (200, "pong")),
        ({"event": "star"}, (202, "nothing to do for event 'star'")),
        ({"body": push("https://github.com/other/slipway.git")}, (403, "the call is about another repository")),
        ({"body": push("https://github.com/example/slipway.git.git")}, (403, "the call is about another repository")),
        ({"body": json.dumps({"repository": {"clone_url": None}})}, (403, "the call is about another repository")),
        ({"body": "Hello"}, (400, "the body is not a JSON object with repository.clone_url")),
        ({"body": "[]"}, (400, "the body is not a JSON object with repository.clone_url")),
        ({"body": "{}"}, (400, "the body is not a JSON object with repository.clone_url")),
        ({"body": "x" * (handler.MAXIMUM_BODY + 1)}, (413, "the body is too large")),
    ],
)
def test_jenkins_is_not_asked(jenkins: Jenkins, arguments: dict[str, Any], answer: tuple[int, str]) -> None:
    assert call(**{"body": push(), **arguments}) == answer
    assert jenkins.asked == []


def test_a_call_without_headers_and_body_is_refused(jenkins: Jenkins) -> None:
    assert handler.handle({}, None)["statusCode"] == 401
    assert jenkins.asked == []


def test_a_jenkins_that_fails_shows_in_github(jenkins: Jenkins) -> None:
    jenkins.status = 500
    assert call(push())[0] == 503


@pytest.mark.usefixtures("jenkins")
def test_a_jenkins_that_is_away_shows_in_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIGGER_URL", "http://127.0.0.1:9/")
    assert call(push())[0] == 503


@pytest.mark.usefixtures("jenkins")
@pytest.mark.parametrize("answer", [b"", b"not HTTP\r\n"])
def test_a_jenkins_that_ends_before_it_has_answered_shows_in_github(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    def accept_and_end() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("TRIGGER_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        jenkins = Thread(target=accept_and_end)
        jenkins.start()
        assert call(push())[0] == 503
        jenkins.join()


@pytest.mark.usefixtures("jenkins")
def test_a_jenkins_that_stays_silent_shows_in_github_before_github_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert handler._JENKINS_TIMEOUT < 9, "Lambda's own time-out"
    monkeypatch.setattr(handler, "_JENKINS_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("TRIGGER_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        begin = monotonic()
        assert call(push())[0] == 503
        assert monotonic() - begin < 2


def test_the_secret_is_asked_for_once_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Client:
        def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's name
            asked.append(SecretId)
            return {"SecretString": "secret"}

    monkeypatch.setenv("SECRET_ARN", "arn")
    monkeypatch.setattr("boto3.client", lambda _service: Client())
    handler._secret.cache_clear()
    assert [handler._secret(1), handler._secret(1), handler._secret(2)] == ["secret"] * 3
    assert asked == ["arn", "arn"]
