"""Record a release as the last good one, in SSM Parameter Store.

    python ci/last_good.py RELEASE SERVICE=IMAGE [SERVICE=IMAGE ...]

The parameter holds JSON: `{"release": "…", "images": {"backend": "…@sha256:…", "frontend": "…@sha256:…"}}`.
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


if __name__ == "__main__":
    try:
        record(sys.argv[1], dict(argument.split("=", 1) for argument in sys.argv[2:]))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the release could not be recorded in {PARAMETER}: {error}")
    sys.stdout.write(f"{sys.argv[1]} is recorded in {PARAMETER}\n")
