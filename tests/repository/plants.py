"""Secrets to plant where the scanner has to find them: made when they are needed, so that none stands here."""

from base64 import b32encode, b64encode
from hashlib import sha256


def _random(name: str) -> bytes:
    return sha256(name.encode()).digest()


PLANTS = {
    "AWS Access Key": f"AKIA{b32encode(_random('id')).decode()[:16]}",
    "Base64 High Entropy String": b64encode(_random("token")).decode(),
    "Basic Auth Credentials": f"https://robot:{_random('password').hex()[:12]}@git.internal/slipway",
    "Private Key": f"-----BEGIN {'PRIVATE'} KEY-----\n{b64encode(_random('key') * 4).decode()}\n",
}
"""What is planted, by what it has to be recognised as."""
