"""Have the issues of Jira whose keys stand in commits lead to their build, and to the release that holds them.

    git log --format=%B SINCE..HEAD | python ci/tell_issues.py SECRET_ARN RELEASE [deployed]

The secret in Secrets Manager holds an account of Jira Cloud, `{"url": "https://…", "email": "…", "token": "…"}`.
RESULT and BUILD_URL tell of the build. An issue has one link to its newest build and one to its newest release: each is
known by its name, so that whoever writes it again changes it. Keys of other projects than the board's are passed over.
"""

import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import urllib3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

_PROJECT = Path(__file__).parents[1] / "board/project.yaml"
_REGION = os.environ.get("AWS_REGION")  # which boto3 itself does not look at
_PATIENCE = 10  # seconds
_LONGEST_WAIT = 60  # seconds, whatever Jira asks for
# To write a link a second time changes nothing, so that all may be repeated.
_AGAIN = urllib3.Retry(
    total=3,
    status_forcelist=[429, 503],
    allowed_methods=None,
    backoff_factor=1,
    raise_on_status=False,
    retry_after_max=_LONGEST_WAIT,
)


def keys(text: str) -> list[str]:
    """Return the keys of the board's project that stand in a text, each once."""
    project = yaml.safe_load(_PROJECT.read_text())["key"]
    return sorted(set(re.findall(rf"(?<![\w-]){project}-[1-9]\d*\b", text)))


def account(secret: str) -> dict[str, str]:
    """Return the account that the secret holds.

    Raises:
        BotoCoreError, ClientError: the secret cannot be read.
        ValueError: it holds something else.
    """
    content = boto3.client("secretsmanager", region_name=_REGION).get_secret_value(SecretId=secret)["SecretString"]
    try:
        told = {name: str(json.loads(content)[name]) for name in ("url", "email", "token")}
        address = urlsplit(told["url"])
    except (ValueError, KeyError, TypeError):  # whose texts may have the token
        raise ValueError('the secret holds no {"url": …, "email": …, "token": …}') from None
    if address.scheme != "https" and address.hostname != "127.0.0.1":
        raise ValueError("the secret's url is not https://…, and the token is sent there")
    return told


def link(to: dict[str, str], key: str, name: str, title: str, url: str) -> None:
    """Write an issue's link with this name.

    Raises:
        urllib3.exceptions.HTTPError: Jira does not answer.
        ValueError: it refuses.
    """
    answer = urllib3.request(
        "POST",
        f"{to['url'].rstrip('/')}/rest/api/3/issue/{key}/remotelink",
        json={"globalId": f"slipway:{name}", "relationship": "Slipway", "object": {"url": url, "title": title}},
        headers=urllib3.make_headers(basic_auth=f"{to['email']}:{to['token']}"),
        timeout=_PATIENCE,
        retries=_AGAIN,
    )
    if answer.status >= 300:
        raise ValueError(f"Jira refuses ({answer.status}): {_reason(answer)}")


def _reason(answer: urllib3.BaseHTTPResponse) -> str:
    """Return what Jira says."""
    try:
        said = answer.json()
        return "; ".join([*said["errorMessages"], *(f"{name}: {text}" for name, text in said["errors"].items())])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.reason or "without a word"


def main(secret: str, release: str, *, deployed: bool) -> bool:
    """Write the links of all issues; return whether every one could be written."""
    named = keys(sys.stdin.read())
    if not named:
        return True
    to, url = account(secret), os.environ["BUILD_URL"]
    links = {"build": f"Build of {release[:12]}: {os.environ['RESULT']}"}
    if deployed:
        links["release"] = f"In production since release {release[:12]}"
    failed = False
    for key in named:
        try:
            for name, title in links.items():
                link(to, key, name, title, url)
        except (ValueError, urllib3.exceptions.HTTPError) as error:  # the other issues are told all the same
            failed = True
            sys.stderr.write(f"{key} could not be told: {error}\n")
    return not failed


if __name__ == "__main__":
    try:
        sys.exit(not main(sys.argv[1], sys.argv[2], deployed=sys.argv[3:] == ["deployed"]))
    except (BotoCoreError, ClientError, ValueError) as error:
        sys.exit(f"Jira could not be told: {error}")
