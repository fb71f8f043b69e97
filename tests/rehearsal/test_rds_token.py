"""Login tokens as the real boto3 signs them, and what is wrong with others."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from rehearsal.rds_token import ForgedError, judge

SERVER, KEY, REGION = "127.0.0.1:3306", "test", "eu-west-2"


def token(server: str = SERVER, user: str = "application", key: str = KEY, region: str = REGION) -> str:
    """Sign a token, as the backend does."""
    client = boto3.client("rds", region_name=region, aws_access_key_id="someone", aws_secret_access_key=key)
    host, _, port = server.partition(":")
    return str(client.generate_db_auth_token(DBHostname=host, Port=int(port), DBUsername=user))


def passes(told: str, later: timedelta = timedelta()) -> bool:
    """Whether a token lets the application in, that much later."""
    try:
        judge(told, user="application", server=SERVER, key=KEY, region=REGION, now=datetime.now(UTC) + later)
    except ForgedError:
        return False
    return True


def test_what_boto3_has_signed_passes_for_a_quarter_of_an_hour() -> None:
    assert passes(token())
    assert passes(token(), timedelta(minutes=14, seconds=50))
    assert not passes(token(), timedelta(minutes=15, seconds=10))
    assert not passes(token(), timedelta(minutes=-5))


def changed(told: str) -> str:
    """Return a token with another signature than it was given."""
    return told[:-1] + ("0" if told[-1] != "0" else "1")


@pytest.mark.parametrize(
    "told",
    [
        token(server="127.0.0.1:3307"),
        token(user="root"),
        token(key="another"),
        token(region="us-east-1"),
        token().replace("X-Amz-Expires=900", "X-Amz-Expires=90000"),
        changed(token()),
        token().replace("Action=connect", "Action=list"),
    ],
    ids=["another server", "another user", "another key", "another region", "longer", "changed", "another action"],
)
def test_no_other_passes(told: str) -> None:
    assert not passes(told)
