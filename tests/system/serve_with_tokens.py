"""The backend as its image runs it, but with tokens of the test's own in place of AWS's.

`python -m tests.system.serve_with_tokens SECRET LIFE RECYCLE`, in the repository's root: SECRET is the file of the key,
LIFE how many seconds a token lives, RECYCLE after how many seconds the pool replaces a connection.
"""

import os
import runpy
import sys
from pathlib import Path
from unittest.mock import patch

from tests.system.tokens import sign


class Signer:
    """What the backend uses of AWS's client for RDS."""

    def __init__(self, secret: Path, life: float) -> None:
        self._secret = secret
        self._life = life

    def generate_db_auth_token(self, *, DBUsername: str, **_: object) -> str:  # noqa: N803 - AWS's name
        """Make a token; what AWS's own knows beside the user, host, port and region, does not matter here."""
        return sign(self._secret, DBUsername, self._life)


def main() -> None:
    """Serve until told to stop."""
    secret, life, recycle = sys.argv[1:]
    os.chdir("services/backend")
    sys.path.insert(0, str(Path.cwd()))
    # The workers are forked and inherit both.
    with (
        patch("boto3.session.Session.client", return_value=Signer(Path(secret), float(life))),
        patch("application.engine._POOL_RECYCLE", float(recycle)),
    ):
        runpy.run_module("application", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
