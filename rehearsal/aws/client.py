"""Clients of this machine's AWS, and of no other, whatever a shell's environment says."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import botocore.session

_DEAF = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
"""No variable and no file names a profile."""

Connect = Callable[[str], Any]
"""Returns a client of the service of that name."""


def connect(told: Mapping[str, str]) -> Connect:
    """Return what makes clients; `told` is what a client has to find in its environment."""
    core = botocore.session.Session(session_vars=_DEAF)
    core.set_credentials(told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])
    session: Any = boto3.Session(botocore_session=core, region_name=told["AWS_REGION"])
    return lambda service: session.client(service, endpoint_url=told["AWS_ENDPOINT_URL"])
