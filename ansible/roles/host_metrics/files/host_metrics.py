#!/opt/slipway/venv/bin/python
"""Tells CloudWatch what EC2 cannot see of a host: its memory, its disks and its services."""

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3


def memory_used() -> float:
    """Return how much of the memory programs could not get, in percent."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, available = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return 100 * (1 - available / total)


def disk_used(path: str) -> float:
    """Return how much of the file system that holds `path` is used, in percent, as df counts."""
    disk = shutil.disk_usage(path)
    return 100 * disk.used / (disk.used + disk.free)


def failed_units() -> int:
    """Return how many of systemd's units have failed."""
    listing = subprocess.run(
        ["/usr/bin/systemctl", "list-units", "--failed", "--output=json"], check=True, stdout=subprocess.PIPE
    )
    return len(json.loads(listing.stdout))


def metrics(host: str, paths: list[str]) -> list[dict[str, Any]]:
    """Measure, and return it as CloudWatch takes it."""
    here = {"Name": "Host", "Value": host}
    return [
        {"MetricName": "MemoryUsed", "Unit": "Percent", "Value": memory_used(), "Dimensions": [here]},
        {"MetricName": "FailedUnits", "Unit": "Count", "Value": failed_units(), "Dimensions": [here]},
        *(
            {
                "MetricName": "DiskUsed",
                "Unit": "Percent",
                "Value": disk_used(path),
                "Dimensions": [here, {"Name": "Path", "Value": path}],
            }
            for path in paths
        ),
    ]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("namespace", "host", "region"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--paths", nargs="+", required=True)
    given = parser.parse_args()
    client = boto3.client("cloudwatch", region_name=given.region)
    client.put_metric_data(Namespace=given.namespace, MetricData=metrics(given.host, given.paths))


if __name__ == "__main__":
    main()
