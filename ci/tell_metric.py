"""Tell CloudWatch a number of the pipeline's, now: what the dashboard and the alarms on builds are made of.

python ci/tell_metric.py NAME VALUE
"""

import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

NAMESPACE = "Slipway/Pipeline"  # the only one that the deploying agent may write to
_REGION = os.environ.get("AWS_REGION")  # which boto3 itself does not look at


def tell(name: str, value: float) -> None:
    """Tell it.

    Raises:
        BotoCoreError, ClientError: AWS could not be reached, or refused.
    """
    metric = {"MetricName": name, "Value": value, "Unit": "Count"}
    boto3.client("cloudwatch", region_name=_REGION).put_metric_data(Namespace=NAMESPACE, MetricData=[metric])


if __name__ == "__main__":
    try:
        tell(sys.argv[1], float(sys.argv[2]))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"CloudWatch could not be told {sys.argv[1]}: {error}")
