"""Write a line to a chat, through an incoming webhook of the kind that Slack and Mattermost take.

    python ci/tell_chat.py SECRET_ARN TEXT

The secret in Secrets Manager holds the webhook's URL, which whoever knows it may write to: it is never printed.
"""

import os
import sys

import boto3
import urllib3
from botocore.exceptions import BotoCoreError, ClientError

_PATIENCE = 10  # seconds
_REGION = os.environ.get("AWS_REGION")  # which boto3 itself does not look at


def tell(secret: str, text: str) -> None:
    """Write the line.

    Raises:
        BotoCoreError, ClientError: the secret cannot be read.
        urllib3.exceptions.HTTPError: the chat does not answer.
        ValueError: it refuses.
    """
    url = boto3.client("secretsmanager", region_name=_REGION).get_secret_value(SecretId=secret)["SecretString"]
    answer = urllib3.request("POST", url, json={"text": text}, timeout=_PATIENCE, retries=False)
    if answer.status >= 300:
        raise ValueError(f"it answered {answer.status}")


if __name__ == "__main__":
    try:
        tell(sys.argv[1], sys.argv[2])
    except (BotoCoreError, ClientError, ValueError) as error:
        sys.exit(f"the chat could not be told: {error}")
    except urllib3.exceptions.HTTPError as error:  # its text has the URL
        sys.exit(f"the chat could not be told: {type(error).__name__}")
