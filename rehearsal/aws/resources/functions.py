"""Functions, which sign in with their own roles, as Lambda has them do; the emulator would let them be anybody."""

import secrets
from typing import Any

from ministack.services import sts


def credentials(function: dict[str, Any]) -> dict[str, str]:
    """Return the credentials of a function's role, good for as long as its process lives."""
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(32), secrets.token_hex(32)
    account, role = function["Role"].split(":")[4], function["Role"].rpartition("/")[2]
    name = function["FunctionName"][:64]
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            "UserId": f"{role}:{name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
