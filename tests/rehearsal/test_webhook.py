"""The webhook's function over real HTTP: what GitHub sends gets through, and nothing that others could make up."""

import hashlib
import hmac
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from rehearsal import http_api
from slipway.webhook_entrance import PATH
from slipway.webhook_handler import handler

pytestmark = pytest.mark.full

# GitHub's own example, from its documentation on validating webhook deliveries.
SECRET = b"It's a Secret to Everybody"
EXAMPLE, SIGNATURE = b"Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

REPOSITORY = "https://github.com/example/slipway.git"
PUSH = json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": REPOSITORY}}).encode()
FORGERIES = 10_000
HEX = "0123456789abcdef"

Forgery = Callable[[random.Random], tuple[bytes, dict[str, str]]]


class Jenkins:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        jenkins = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                jenkins.asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/git/notifyCommit?url={REPOSITORY}"


@pytest.fixture
def jenkins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jenkins]:
    jenkins = Jenkins()
    monkeypatch.setenv("REPOSITORY", REPOSITORY)
    monkeypatch.setenv("TRIGGER_URL", jenkins.url)
    monkeypatch.setattr(handler, "_secret", lambda _period: SECRET.decode())
    with jenkins.server as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield jenkins
        server.shutdown()
        thread.join()


@pytest.fixture
def entrance(jenkins: Jenkins) -> Iterator[HTTPConnection]:
    """A connection to the function."""
    assert jenkins.asked == []
    with http_api.serve(handler.handle, PATH) as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        yield connection
        connection.close()


def post(entrance: HTTPConnection, body: bytes, headers: dict[str, str], path: str = PATH) -> int:
    entrance.request("POST", path, body, {"Content-Type": "application/json", "X-GitHub-Event": "push", **headers})
    answer = entrance.getresponse()
    answer.read()
    return answer.status


def sign(body: bytes, secret: bytes = SECRET, algorithm: str = "sha256") -> str:
    return f"{algorithm}=" + hmac.new(secret, body, algorithm).hexdigest()


def test_what_github_sends_gets_through(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    assert post(entrance, PUSH, {"X-Hub-Signature-256": sign(PUSH)}) == 202
    assert len(jenkins.asked) == 1


def test_a_body_that_is_no_text_is_judged_by_its_bytes(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    headers = {"Content-Type": "application/octet-stream", "X-Hub-Signature-256": sign(PUSH)}
    assert post(entrance, PUSH, headers) == 202
    assert len(jenkins.asked) == 1


def test_githubs_example_is_signed_and_is_no_push(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    assert post(entrance, EXAMPLE, {"X-Hub-Signature-256": SIGNATURE}) == 400
    assert post(entrance, EXAMPLE, {"X-Hub-Signature-256": SIGNATURE, "X-GitHub-Event": "ping"}) == 200
    assert jenkins.asked == []


def test_a_replay_tells_jenkins_nothing_that_it_was_not_told_before(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    """It looks again at what the repository holds by now, and builds what is new there: nothing comes from the call."""
    other = json.dumps({**json.loads(PUSH), "ref": "refs/heads/other", "after": "f" * 40}).encode()
    for body in (PUSH, PUSH, other):
        assert post(entrance, body, {"X-Hub-Signature-256": sign(body), "X-GitHub-Delivery": "1"}) == 202
    assert set(jenkins.asked) == {f"/git/notifyCommit?url={REPOSITORY}"}


OTHER_REPOSITORY = PUSH.replace(b"example", b"stranger")
LARGE = PUSH + b" " * handler.MAXIMUM_BODY
WRONG = {
    "unsigned": (PUSH, {}, 401),
    "signed with another secret": (PUSH, {"X-Hub-Signature-256": sign(PUSH, b"guess")}, 401),
    "signed in the old way alone": (PUSH, {"X-Hub-Signature": sign(PUSH, algorithm="sha1")}, 401),
    "truncated": (PUSH[:-5], {"X-Hub-Signature-256": sign(PUSH)}, 401),
    "empty": (b"", {"X-Hub-Signature-256": sign(PUSH)}, 401),
    "oversized": (LARGE, {"X-Hub-Signature-256": sign(LARGE)}, 413),
    "about another repository": (OTHER_REPOSITORY, {"X-Hub-Signature-256": sign(OTHER_REPOSITORY)}, 403),
    "another event": (PUSH, {"X-Hub-Signature-256": sign(PUSH), "X-GitHub-Event": "star"}, 202),
    "no event": (PUSH, {"X-Hub-Signature-256": sign(PUSH), "X-GitHub-Event": ""}, 202),
}


@pytest.mark.parametrize(("body", "headers", "status"), WRONG.values(), ids=WRONG)
def test_jenkins_hears_nothing_of_a_call_that_is(
    entrance: HTTPConnection, jenkins: Jenkins, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert post(entrance, body, headers) == status
    assert jenkins.asked == []


def test_only_the_one_path_leads_anywhere(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    for path in ("/", f"{PATH}/", "/git/notifyCommit", f"{PATH}?url=x"):
        assert post(entrance, PUSH, {"X-Hub-Signature-256": sign(PUSH)}, path) == 404
    assert jenkins.asked == []


def _flipped(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(7))]) + body[at + 1 :]


def _misspelt(signature: str, chance: random.Random) -> str:
    at = chance.randrange(len("sha256="), len(signature))
    return signature[:at] + chance.choice(HEX.replace(signature[at], "")) + signature[at + 1 :]


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(HEX, k=count))


# What somebody may try who has seen a signed call, but not the secret.
ATTEMPTS: dict[str, Forgery] = {
    "another body under a signature that was seen": lambda chance: (
        _flipped(PUSH, chance),
        {"X-Hub-Signature-256": sign(PUSH)},
    ),
    "a signature of which a digit is another": lambda chance: (
        PUSH,
        {"X-Hub-Signature-256": _misspelt(sign(PUSH), chance)},
    ),
    "a signature that is made up": lambda chance: (PUSH, {"X-Hub-Signature-256": f"sha256={_digits(chance, 64)}"}),
    "a part of a signature": lambda chance: (PUSH, {"X-Hub-Signature-256": sign(PUSH)[: chance.randrange(71)]}),
    "too much of a signature": lambda chance: (
        PUSH,
        {"X-Hub-Signature-256": sign(PUSH) + _digits(chance, 1 + chance.randrange(9))},
    ),
    "a signature in capitals": lambda _: (PUSH, {"X-Hub-Signature-256": sign(PUSH).upper()}),
    "another algorithm": lambda chance: (
        PUSH,
        {"X-Hub-Signature-256": sign(PUSH, algorithm=chance.choice(["md5", "sha1", "sha512"]))},
    ),
    "a secret that is guessed": lambda chance: (
        PUSH,
        {"X-Hub-Signature-256": sign(PUSH, _digits(chance, chance.randrange(9)).encode())},
    ),
    "no key at all": lambda _: (PUSH, {"X-Hub-Signature-256": f"sha256={hashlib.sha256(PUSH).hexdigest()}"}),
    "a signature under another name": lambda chance: (
        PUSH,
        {chance.choice(["X-Hub-Signature", "X-Signature-256", "Authorization"]): sign(PUSH)},
    ),
    "two signatures": lambda chance: (
        PUSH,
        {"X-Hub-Signature-256": sign(PUSH), "x-hub-signature-256": f"sha256={_digits(chance, 64)}"},
    ),
    "bytes that are no text": lambda chance: (
        chance.randbytes(1 + chance.randrange(200)),
        {"X-Hub-Signature-256": sign(PUSH)},
    ),
}


def test_no_forgery_gets_through(entrance: HTTPConnection, jenkins: Jenkins) -> None:
    chance = random.Random(20261123)  # noqa: S311 - the same attempts each time
    answers: Counter[int] = Counter()
    tried: Counter[str] = Counter()
    for _ in range(FORGERIES):
        kind = chance.choice(list(ATTEMPTS))
        tried[kind] += 1
        answers[post(entrance, *ATTEMPTS[kind](chance))] += 1
    assert answers == {401: FORGERIES}
    assert jenkins.asked == []
    assert min(tried[kind] for kind in ATTEMPTS) > FORGERIES / len(ATTEMPTS) / 2
