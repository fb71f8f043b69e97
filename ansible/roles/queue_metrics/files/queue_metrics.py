#!/opt/slipway/venv/bin/python
"""Tells CloudWatch how many builds wait in Jenkins, as its Prometheus plugin says."""

import argparse
import re
from pathlib import Path

import boto3
import urllib3

_WAITING = re.compile(r"^jenkins_queue_size_value(?:\{.*\})? (\S+)$", re.MULTILINE)
_PATIENCE = 30  # seconds


def waiting(url: str, user: str, password: str) -> float:
    """Return how many builds, and steps of builds, wait.

    Raises:
        urllib3.exceptions.HTTPError: Jenkins does not answer.
        ValueError: it refuses, or says nothing of its queue.
    """
    headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
    answer = urllib3.request("GET", url, headers=headers, timeout=_PATIENCE, retries=False)
    found = _WAITING.search(answer.data.decode())
    if answer.status != 200 or found is None:
        raise ValueError(f"{url} answered {answer.status} without jenkins_queue_size_value")
    return float(found[1])


def main() -> None:
    """Ask and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("namespace", "region", "url", "user"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    given = parser.parse_args()
    value = waiting(given.url, given.user, given.password_file.read_text().strip())
    metric = {"MetricName": "WaitingBuilds", "Value": value, "Unit": "Count"}
    boto3.client("cloudwatch", region_name=given.region).put_metric_data(Namespace=given.namespace, MetricData=[metric])


if __name__ == "__main__":
    main()
