"""What RDS does with a login token: it is a signed URL, good for one user of one server, and for a quarter of an hour.

The database's PAM runs this file for each login, as `rds_token.py SERVER KEY REGION`, the token on its standard input.
"""

import hashlib
import hmac
import os
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_LIFE = timedelta(minutes=15)
_NOTHING = hashlib.sha256(b"").hexdigest()


class ForgedError(Exception):
    """Why a token lets nobody in."""


def judge(token: str, *, user: str, server: str, key: str, region: str, now: datetime) -> None:
    """Let a token pass that `key` signed for `user` of `server` (`host:port`) less than a quarter of an hour ago.

    Raises:
        ForgedError: it is none.
    """
    url = urlsplit(f"https://{token}")
    told = dict(parse_qsl(url.query, strict_parsing=True))
    signature = told.pop("X-Amz-Signature", "")
    if (url.netloc, told.get("Action"), told.get("DBUser")) != (server, "connect", user):
        raise ForgedError(f"it is not for {user} at {server}")
    signed = datetime.strptime(told["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not signed - timedelta(minutes=1) <= now < signed + min(_LIFE, timedelta(seconds=int(told["X-Amz-Expires"]))):
        raise ForgedError(f"it was signed at {signed:%H:%M:%S}, and it is {now:%H:%M:%S}")
    scope = f"{signed:%Y%m%d}/{region}/rds-db/aws4_request"
    query = urlencode(sorted(told.items()), quote_via=quote, safe="-_.~")
    request = "\n".join(["GET", "/", query, f"host:{url.netloc}", "", "host", _NOTHING])
    text = "\n".join(["AWS4-HMAC-SHA256", told["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    secret = f"AWS4{key}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex(), signature):
        raise ForgedError("its signature is not by this key")


def main() -> int:
    """Judge the token on standard input for the user in PAM_USER."""
    server, key, region = sys.argv[1:]
    token = sys.stdin.buffer.read().rstrip(b"\0").decode()
    try:
        judge(token, user=os.environ["PAM_USER"], server=server, key=key, region=region, now=datetime.now(UTC))
    except (ForgedError, KeyError, ValueError) as error:
        sys.stderr.write(f"the login token is refused: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
