"""Passwords and logins end while users are busy, and nobody notices."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pymysql
import pytest

from rehearsal import token_database
from rehearsal.aws.client import Connect
from tests.rehearsal.clones import Clone
from tests.rehearsal.scenes.conftest import Play
from tests.rehearsal.scenes.users import unnoticed

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.skipif(bool(token_database.what_is_missing()), reason=token_database.what_is_missing() or ""),
]

DATABASE = "slipway-production"
CONNECTIONS, PAUSE = 4, 0.05
"""What one pod of each on two cores carries with ease."""

SECONDS = 15.0
LIFE = 5
"""Seconds that a login token is good for, in place of a quarter of an hour."""


def master(aws: Connect) -> dict[str, Any]:
    """Return how the database's master signs in now: its address, and what the managed secret holds."""
    (database,) = aws("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    secret = aws("secretsmanager").get_secret_value(SecretId=database["MasterUserSecret"]["SecretArn"])
    told = json.loads(secret["SecretString"])
    address = database["Endpoint"]
    return {
        "host": address["Address"],
        "port": address["Port"],
        "user": told["username"],
        "password": told["password"],
    }


def logins(login: dict[str, Any], authorities: Path) -> set[int]:
    """Return the numbers of the application's connections that are open now."""
    with closing(pymysql.connect(**login, ssl={"ca": str(authorities)})) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = %s", (token_database.USER,))
        return {number for (number,) in cursor.fetchall()}


@contextmanager
def edited(file: Path, before: str, after: str) -> Iterator[None]:
    """Have one line of a file be another while the block runs."""
    kept = file.read_text()
    assert kept.count(before) == 1
    file.write_text(kept.replace(before, after))
    try:
        yield
    finally:
        file.write_text(kept)


def test_passwords_and_logins_end_unnoticed(system: Clone, aws: Connect, play: Play) -> None:
    """Lives are shortened: of a connection in the backend from five minutes to a second, of a token to five."""
    authorities = system.path / ".slipway/databases/authorities.pem"
    backend, judge = system.path / "services/backend/application/engine.py", system.path / "rehearsal/rds_token.py"
    with edited(backend, "_POOL_RECYCLE = 300", "_POOL_RECYCLE = 1"):
        release = system.up()
        assert release.returncode == 0, release.stderr
    with (
        edited(judge, "_LIFE = timedelta(minutes=15)", f"_LIFE = timedelta(seconds={LIFE})"),
        play(
            "the master's password is rotated, and the application's logins expire, under load",
            real="the password in Secrets Manager and in MariaDB; tokens that are signed, and judged, at each login",
        ) as scene,
    ):
        before = master(aws)
        with unnoticed(system, scene, CONNECTIONS, PAUSE):
            sleep(1)
            aws("rds").modify_db_instance(DBInstanceIdentifier=DATABASE, RotateMasterUserPassword=True)
            after = master(aws)
            assert after["password"] != before["password"]
            with pytest.raises(pymysql.OperationalError, match="Access denied"):
                pymysql.connect(**before, ssl={"ca": str(authorities)})
            seen, end = logins(after, authorities), monotonic() + SECONDS
            first = set(seen)
            while monotonic() < end:
                seen |= logins(after, authorities)
                sleep(0.5)
        scene.seen.append(f"{len(seen)} logins by token")
        assert len(seen - first) > SECONDS, "too few have signed in after the first tokens had expired"
