"""Record the last good release in SSM Parameter Store, or read it.

    python ci/last_good.py record RELEASE SERVICE=IMAGE [SERVICE=IMAGE ...]
    python ci/last_good.py read

What is read goes to standard output as it was given: the release, then a line for each image.
The parameter holds JSON: `{"release": "…", "images": {"backend": "…@sha256:…", "frontend": "…@sha256:…"}}`, or `none`.
Its name is in SLIPWAY_LAST_GOOD_PARAMETER (/slipway/release/last-good); account and region are the environment's.
"""

import json
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PARAMETER = os.environ.get("SLIPWAY_LAST_GOOD_PARAMETER") or "/slipway/release/last-good"


def record(release: str, images: dict[str, str]) -> None:
    """Write the parameter, whatever it held before.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
    """
    value = json.dumps({"release": release, "images": images})
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


def read() -> list[str]:
    """Return the release and its images as SERVICE=IMAGE; `none` where nothing was recorded yet.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
        ValueError: the parameter holds something else.
    """
    value = boto3.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    if value == "none":
        return [value]
    recorded = json.loads(value)
    return [recorded["release"], *(f"{service}={image}" for service, image in recorded["images"].items())]


def main(verb: str, *arguments: str) -> None:
    """Do what the command line asks for."""
    if verb == "read":
        sys.stdout.write("\n".join([*read(), ""]))
        return
    record(arguments[0], dict(argument.split("=", 1) for argument in arguments[1:]))
    sys.stdout.write(f"{arguments[0]} is recorded in {PARAMETER}\n")


if __name__ == "__main__":
    verb = sys.argv[1]
    try:
        main(*sys.argv[1:])
    except (BotoCoreError, ClientError) as error:
        sys.exit(
            f"the last good release cannot be {'read from' if verb == 'read' else 'recorded in'} {PARAMETER}: {error}"
        )
    except (ValueError, KeyError, TypeError):
        sys.exit(f"{PARAMETER} holds no record of a release; write one with: python ci/last_good.py record …")
