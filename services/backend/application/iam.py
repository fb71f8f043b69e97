"""The two things that the service asks of AWS: a login token and, for the migration, the master's secret.

boto3 is imported when it is first needed: with a password in the URI a worker never pays for it.
"""

import json
from collections.abc import Callable
from threading import Lock
from typing import Any, Literal, NamedTuple

TokenSigner = Callable[[str, int, str, str], str]
"""Makes a login token from host, port, user and region."""

_clients: dict[tuple[str, str], Any] = {}
_making = Lock()


class LoginError(RuntimeError):
    """AWS gave no way to sign in. The message is one line that says why."""


class Credentials(NamedTuple):
    """A user and the password that goes with it."""

    username: str
    password: str


def rds_token(host: str, port: int, user: str, region: str) -> str:
    """Sign a token that lets `user` open connections to the RDS instance at `host` for 15 minutes.

    It is signed with this process's role and without a call to RDS.

    Raises:
        LoginError: there are no AWS credentials to sign with.
    """
    from botocore.exceptions import BotoCoreError

    try:
        token: str = _client("rds", region).generate_db_auth_token(
            DBHostname=host, Port=port, DBUsername=user, Region=region
        )
    except BotoCoreError as error:
        raise LoginError(f"no login token could be signed: {error}") from error
    return token


def warm_up(region: str) -> None:
    """Load what signing takes, a quarter of a second of work, before a request has to wait for it."""
    _client("rds", region)


def master_credentials(secret: str, region: str) -> Credentials:
    """Read the login of the database's master from Secrets Manager.

    Args:
        secret: ARN or name of the secret that RDS keeps.
        region: AWS region of the secret.

    Raises:
        LoginError: the secret cannot be read, or is none of RDS's.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client("secretsmanager", region).get_secret_value(SecretId=secret)
        content = json.loads(answer["SecretString"])
        return Credentials(content["username"], content["password"])
    except (BotoCoreError, ClientError) as error:
        raise LoginError(f"the master's secret {secret} cannot be read: {error}") from error
    except (KeyError, TypeError, ValueError):
        raise LoginError(f"the secret {secret} is no JSON with username and password") from None


def _client(service: Literal["rds", "secretsmanager"], region: str) -> Any:
    """Return this process's one client of a service: making one takes a tenth of a second, signing does not."""
    with _making:
        if (service, region) not in _clients:
            import boto3
            from botocore.config import Config

            _clients[service, region] = boto3.session.Session().client(
                service, region_name=region, config=Config(connect_timeout=3, read_timeout=10)
            )
        return _clients[service, region]
