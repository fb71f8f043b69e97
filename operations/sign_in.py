"""The shell's credentials, as every tool of AWS finds them."""

import os

import boto3
from botocore.exceptions import BotoCoreError

from operations import OperationsError


def session() -> boto3.Session | None:
    """Return the session of the shell's credentials; None where it has none.

    Raises:
        OperationsError: it has some that cannot be used.
    """
    try:
        found = boto3.Session()
        return found if found.get_credentials() else None
    except BotoCoreError as error:  # a profile that is not there, a sign-in that has expired
        raise OperationsError(f"the shell's credentials are of no use: {error}; sign in again: aws sso login") from None


def region(found: boto3.Session) -> str:
    """Return the region that the shell or its profile names.

    Raises:
        OperationsError: none is named.
    """
    named = os.environ.get("AWS_REGION") or found.region_name  # boto3 itself does not look at the first
    if not named:
        raise OperationsError("no region is set; set it: export AWS_REGION=eu-west-2")
    return named
