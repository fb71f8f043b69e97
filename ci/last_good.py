"""Record the last good release in SSM Parameter Store, or read it.

    python ci/last_good.py record RELEASE SERVICE=IMAGE [SERVICE=IMAGE ...]
    python ci/last_good.py read
    python ci/last_good.py before RELEASE

What is read goes to standard output as it was given: the release, then a line for each image. `before` tells which one
was good before RELEASE, whether that is good itself or not, or `none`.
The parameter holds `none`, or JSON:
`{"release": "…", "images": {"backend": "…@sha256:…", "frontend": "…@sha256:…"}, "previous": "…"}`.
Its name is in SLIPWAY_LAST_GOOD_PARAMETER (/slipway/release/last-good), its region in AWS_REGION or as boto3 finds it.
"""

import json
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PARAMETER = os.environ.get("SLIPWAY_LAST_GOOD_PARAMETER") or "/slipway/release/last-good"
REGION = os.environ.get("AWS_REGION")  # which boto3 itself does not look at


def record(release: str, images: dict[str, str]) -> None:
    """Write the parameter, whatever it held before.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
    """
    value = json.dumps({"release": release, "images": images, "previous": before(release)})
    boto3.client("ssm", region_name=REGION).put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


def read() -> list[str]:
    """Return the release and its images as SERVICE=IMAGE; `none` where nothing was recorded yet.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
        ValueError: the parameter holds something else.
    """
    value = _value()
    if value == "none":
        return [value]
    recorded = json.loads(value)
    return [recorded["release"], *(f"{service}={image}" for service, image in recorded["images"].items())]


def before(release: str) -> str:
    """Return the release that was good before this one; `none` where no record tells.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
    """
    try:
        recorded = json.loads(_value())
        previous: str = recorded.get("previous", "none") if recorded["release"] == release else recorded["release"]
    except (ValueError, KeyError, TypeError):
        return "none"
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return "none"
    return previous


def _value() -> str:
    return boto3.client("ssm", region_name=REGION).get_parameter(Name=PARAMETER)["Parameter"]["Value"]


def main(verb: str, *arguments: str) -> None:
    """Do what the command line asks for."""
    if verb == "read":
        sys.stdout.write("\n".join([*read(), ""]))
        return
    if verb == "before":
        sys.stdout.write(f"{before(arguments[0])}\n")
        return
    record(arguments[0], dict(argument.split("=", 1) for argument in arguments[1:]))
    sys.stdout.write(f"{arguments[0]} is recorded in {PARAMETER}\n")


if __name__ == "__main__":
    verb = sys.argv[1]
    try:
        main(*sys.argv[1:])
    except (BotoCoreError, ClientError) as error:
        sys.exit(
            f"the last good release cannot be {'recorded in' if verb == 'record' else 'read from'} {PARAMETER}: {error}"
        )
    except (ValueError, KeyError, TypeError):
        sys.exit(f"{PARAMETER} holds no record of a release; write one with: python ci/last_good.py record …")
