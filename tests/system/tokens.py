"""Login tokens like those of RDS, but of a life as short as a test wants: signed, for one user, once expired refused.

The backend under test signs with `sign`. The database's PAM runs this file for each login and hands it the token.
"""

import hashlib
import hmac
import os
import secrets
import sys
from pathlib import Path
from time import time

ACCEPTED, EXPIRED, FORGED = "accepted", "expired", "forged"
"""What can be said of a token."""


def sign(secret: Path, user: str, life: float) -> str:
    """Make a token, no two alike, that lets `user` in for `life` seconds; `secret` is the file of the key."""
    claim = f"{user}:{time() + life:.3f}:{secrets.token_hex(8)}"
    return f"{claim}:{_signature(secret, claim)}"


def expiry(token: str) -> float:
    """Return the moment when a token expires, in seconds of the system's clock."""
    return float(token.split(":")[1])


def judge(secret: Path, user: str, token: str) -> str:
    """Say whether a token lets `user` in at this moment."""
    claim, _, signature = token.rpartition(":")
    if not hmac.compare_digest(signature, _signature(secret, claim)) or claim.split(":")[0] != user:
        return FORGED
    return ACCEPTED if time() < expiry(token) else EXPIRED


def _signature(secret: Path, claim: str) -> str:
    return hmac.new(secret.read_bytes(), claim.encode(), hashlib.sha256).hexdigest()


def main() -> int:
    """Judge the token on standard input, as PAM's `pam_exec` calls it: `tokens.py SECRET LOG`, the user in PAM_USER.

    Every attempt is a line of the log, with the verdict and what was sent for a token.
    """
    secret, log = map(Path, sys.argv[1:])
    token = sys.stdin.buffer.read().rstrip(b"\0").decode()
    verdict = judge(secret, os.environ["PAM_USER"], token)
    with log.open("a") as attempts:
        attempts.write(f"{verdict} {token}\n")
    return 0 if verdict == ACCEPTED else 1


if __name__ == "__main__":
    sys.exit(main())
