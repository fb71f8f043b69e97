"""Tell Git the token that GitHub asks for: a credential helper, which Git calls with `get` when it needs one.

SLIPWAY_GITHUB_TOKEN_SECRET is the ARN of the secret in Secrets Manager that is the token, AWS_REGION its region.
"""

import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if __name__ == "__main__" and sys.argv[1:] == ["get"]:
    try:
        client = boto3.client("secretsmanager", region_name=os.environ.get("AWS_REGION"))  # boto3 does not look there
        secret = client.get_secret_value(SecretId=os.environ["SLIPWAY_GITHUB_TOKEN_SECRET"])
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the token for GitHub cannot be read: {error}")
    sys.stdout.write(f"username=x-access-token\npassword={secret['SecretString']}\n")
