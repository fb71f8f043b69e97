"""The production login, end to end: a fresh token for each connection, over verified TLS, on a real MariaDB."""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

import pymysql
import pytest
import trustme

from k8s_charts import dockerfile
from rehearsal import ROOT, token_database
from rehearsal.ports import free_port
from rehearsal.system import Process, prepare_database
from rehearsal.token_database import USER, TokenDatabase
from tests.system import tokens
from tests.system.client import get
from tests.system.load import Load, Request
from tests.system.tokens import ACCEPTED, EXPIRED, FORGED, expiry, sign

missing = token_database.what_is_missing()
pytestmark = [pytest.mark.full, pytest.mark.skipif(missing is not None, reason=missing or "")]

LIFE = 5.0
"""Seconds that a token lives, RDS's 900: more than a login takes on a busy machine."""

RECYCLE = 1.0
"""Seconds after which the backend replaces a connection, as shipped 300: the tokens overlap, five to one life."""

EXPIRIES = 20
"""Moments at which tokens expire under load. One moment is a whole generation of them, a connection each."""

CLIENTS = 12
PATIENCE = 30.0
"""Seconds that a busy machine may take over a step that usually takes one."""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that goes at once: a server's data take 100 MB, and pytest keeps the folders of three runs."""
    with TemporaryDirectory() as home:
        yield Path(home)


@dataclass(frozen=True)
class Watched(TokenDatabase):
    """A server that takes tokens of a short life, and what was tried on it.

    Attributes:
        home: the folder of all its files.
    """

    home: Path

    @property
    def secret(self) -> Path:
        """The file of the key that its tokens are signed with."""
        return self.home / "secret"

    @property
    def attempts(self) -> list[tuple[str, str]]:
        """Every login that was tried by token so far: the verdict, and what was sent for a token."""
        log = self.home / "attempts"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(verdict, token) for verdict, _, token in (line.partition(" ") for line in lines)]


@contextmanager
def watched(home: Path, *, tls: bool) -> Iterator[Watched]:
    """Run a server in a new folder."""
    home.mkdir()
    (home / "secret").write_bytes(token_bytes())
    judge = [sys.executable, "-S", tokens.__file__, f"{home}/secret", f"{home}/attempts"]
    with token_database.running(home, judge, tls=tls) as database:
        database.mariadb.sql(f"GRANT SELECT, INSERT, DELETE ON users.* TO {USER}")
        yield Watched(database.mariadb, database.authority, home)


@pytest.fixture(scope="module")
def secure(home: Path) -> Iterator[Watched]:
    """A database that demands TLS, as RDS does."""
    with watched(home / "secure", tls=True) as database:
        prepare_database(database.mariadb.uri())
        database.mariadb.sql("SET GLOBAL require_secure_transport = ON")
        yield database


@pytest.fixture(scope="module")
def plain(home: Path) -> Iterator[Watched]:
    """A database that cannot do TLS, as whoever sits in between would have it."""
    with watched(home / "plain", tls=False) as database:
        yield database


def settings(database: Watched, host: str = "127.0.0.1", authority: Path | None = None) -> dict[str, str]:
    """The backend's settings for a login by token; it trusts the database's authority, or another."""
    return {
        "DATABASE_URI": f"mysql+pymysql://{USER}@{host}:{database.mariadb.port}/users?charset=utf8mb4",
        "DATABASE_AUTH": "iam",
        "DATABASE_CA": str(authority or database.authority),
        "DATABASE_TIMEOUT": "10",  # a slow machine is no failure here
        "AWS_REGION": "eu-west-2",
    }


@contextmanager
def backend(
    database: Watched, told: dict[str, str], *, life: float = LIFE, recycle: float = RECYCLE
) -> Iterator[Process]:
    """Run the backend as its image does, with tokens of such a life."""
    port = free_port()
    listen = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port), "METRICS_PORT": str(free_port())}
    process = Process(
        "backend",
        [sys.executable, "-m", "tests.system.serve_with_tokens", str(database.secret), str(life), str(recycle)],
        directory=ROOT,
        environment=dockerfile.read(ROOT / "services/backend/Dockerfile").environment | listen | told,
        port=port,
        startup_path="/readyz",
        log=database.home / f"backend-{port}.log",
    )
    try:
        process.start()
        yield process
    finally:
        process.stop()


def addition(run: str, number: int) -> Request:
    """Make the request that adds a user, named after the run and the request's number."""
    return Request("POST", "/backend", json.dumps({"userName": f"{run} {number}"}).encode())


def mixed(run: str, number: int) -> Request:
    """Make three pages to an addition."""
    return Request("GET", "/backend?limit=50") if number % 4 else addition(run, number)


def failures(load: Load) -> list[tuple[str, int, str]]:
    """Return what the load asked for in vain."""
    wanted = {"GET": 200, "POST": 201}
    return [(a.request.method, a.status, a.reason) for a in load.answers if a.status != wanted[a.request.method]]


def added(load: Load) -> set[str]:
    """Return the users whose addition was acknowledged."""
    return {json.loads(a.request.body)["userName"] for a in load.answers if a.status == 201}


def stored(database: Watched) -> set[str]:
    return set(database.mariadb.sql("SELECT userName FROM users", schema="users").splitlines())


def eventually(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.1)


def test_no_request_fails_while_tokens_expire(secure: Watched, figure: Callable[[str], None]) -> None:
    earlier = len(secure.attempts)

    def expired() -> set[int]:
        """The moments, as long as a generation of connections, at which tokens of this test have expired."""
        moments = [expiry(token) for _, token in secure.attempts[earlier:]]
        return {int(moment / RECYCLE) for moment in moments if moment < time.time()}

    with backend(secure, settings(secure)) as process:
        with Load(process.url, partial(mixed, "load"), CLIENTS).running() as load:
            eventually(lambda: bool(failures(load)) or len(expired()) >= EXPIRIES, patience=4 * EXPIRIES * RECYCLE)
        assert failures(load) == [], process.log.read_text()
    assert added(load) <= stored(secure)

    tokens = [token for _, token in secure.attempts[earlier:]]
    assert len(set(tokens)) == len(tokens), "a token was used twice"
    figure(
        f"{len(tokens)} tokens of {LIFE:.0f} s, {len(expired())} expiries; "
        f"{len(load.answers)} requests, {len(failures(load))} failed"
    )


def test_a_connection_outlives_its_token(secure: Watched) -> None:
    alone = settings(secure) | {"GRANIAN_WORKERS": "1", "GRANIAN_BLOCKING_THREADS": "1"}
    with backend(secure, alone, life=2, recycle=300) as process:
        eventually(lambda: get(f"{process.url}/backend?limit=50").status == 200)
        attempts = secure.attempts
        eventually(lambda: time.time() > expiry(attempts[-1][1]))
        assert get(f"{process.url}/backend?limit=50").status == 200
        assert secure.attempts == attempts


def close_by_time_out(database: Watched) -> None:
    """Have the server close what is idle for two seconds."""
    eventually(lambda: not database.connections())


def close_by_kill(database: Watched) -> None:
    """Have the server close what has been idle for a while, as a fail-over does."""
    time.sleep(1.5)
    database.mariadb.sql(f"KILL USER {USER}")
    eventually(lambda: not database.connections())


@pytest.mark.parametrize(("wait_timeout", "close"), [(2, close_by_time_out), (28800, close_by_kill)])
def test_connections_closed_while_idle_are_replaced_in_silence(
    secure: Watched, wait_timeout: int, close: Callable[[Watched], None]
) -> None:
    """Seen with additions alone: a page may be asked for twice, an addition may not."""
    secure.mariadb.sql(f"SET GLOBAL wait_timeout = {wait_timeout}")
    earlier = len(secure.attempts)
    rounds = 2
    with backend(secure, settings(secure), recycle=300) as process:
        for number in range(rounds):
            with Load(process.url, partial(addition, f"{close.__name__} {number}"), CLIENTS).running() as load:
                time.sleep(0.5)
            assert failures(load) == [], process.log.read_text()
            assert added(load) <= stored(secure)
            assert secure.connections()
            close(secure)
    tokens = [token for _, token in secure.attempts[earlier:]]
    assert len(set(tokens)) == len(tokens) >= rounds


def sign_in(database: Watched, token: str, context: ssl.SSLContext | None) -> None:
    """Open a connection as the driver does that the backend uses, and close it again."""
    pymysql.connect(
        host="127.0.0.1", port=database.mariadb.port, user=USER, password=token, database="users", ssl=context
    ).close()


def test_the_database_takes_a_good_token_and_no_other(secure: Watched, tmp_path: Path) -> None:
    """Without this nothing above would mean much."""
    trusting = ssl.create_default_context(cafile=secure.authority)
    (tmp_path / "secret").write_bytes(b"another")
    good = sign(secure.secret, USER, 60)
    expired = sign(secure.secret, USER, -0.001)
    forged = sign(tmp_path / "secret", USER, 60)
    anothers = sign(secure.secret, "root", 60)
    sign_in(secure, good, trusting)
    for token in (expired, forged, anothers):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            sign_in(secure, token, trusting)
    assert secure.attempts[-4:] == [(ACCEPTED, good), (EXPIRED, expired), (FORGED, forged), (FORGED, anothers)]


def test_a_token_that_has_expired_is_an_outage(secure: Watched) -> None:
    earlier = len(secure.attempts)
    with backend(secure, settings(secure), life=-1) as process:
        answer = get(f"{process.url}/backend?limit=50")
    assert answer.status == 503
    assert "retry-after" in answer.headers
    assert {verdict for verdict, _ in secure.attempts[earlier:]} == {EXPIRED}


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """An authority that has signed nothing here."""
    path = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return path


def test_a_server_of_another_authority_is_sent_nothing(secure: Watched, stranger: Path) -> None:
    earlier = secure.attempts
    with backend(secure, settings(secure, authority=stranger)) as process:
        assert get(f"{process.url}/backend?limit=50").status == 503
    assert "certificate verify failed" in process.log.read_text()
    assert secure.attempts == earlier


def test_a_server_of_another_name_is_sent_nothing(secure: Watched) -> None:
    earlier = secure.attempts
    with backend(secure, settings(secure, host="localhost")) as process:
        assert get(f"{process.url}/backend?limit=50").status == 503
    assert "certificate is not valid for 'localhost'" in process.log.read_text()
    assert secure.attempts == earlier


def test_a_server_without_tls_is_sent_nothing(plain: Watched) -> None:
    token = sign(plain.secret, USER, 60)
    sign_in(plain, token, None)  # which the driver does in clear, if it is let
    assert plain.attempts == [(ACCEPTED, token)]
    with backend(plain, settings(plain)) as process:
        assert get(f"{process.url}/backend?limit=50").status == 503
    assert "SSL is required" in process.log.read_text()
    assert plain.attempts == [(ACCEPTED, token)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"DATABASE_CA": "/nowhere.pem"}, "DATABASE_CA: no certificate authorities can be read from /nowhere.pem"),
        ({"DATABASE_CA": os.devnull}, "DATABASE_CA: no certificate authorities can be read from /dev/null"),
        (
            {"DATABASE_URI": "mysql+pymysql://a@db/users?ssl_disabled=true"},
            "the database URI has the options ssl_disabled",
        ),
        (
            {"DATABASE_URI": "mysql+pymysql://a@db/users?ssl_verify_cert=0"},
            "the database URI has the options ssl_verify_",
        ),
        ({"DATABASE_URI": "mysql+pymysql://a:b@db/users"}, "DATABASE_AUTH=iam takes no password in the URI"),
        ({"AWS_REGION": ""}, "AWS_REGION is not set"),
    ],
)
def test_it_refuses_to_start_where_the_login_cannot_be_safe(secure: Watched, change: dict[str, str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "application"],
        cwd=ROOT / "services/backend",
        env={**os.environ, **settings(secure), **change},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"backend: {says}")
    assert done.stderr.count("\n") == 1
