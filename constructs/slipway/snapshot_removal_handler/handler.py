"""Deletes the snapshots that bear a tag, when CloudFormation deletes the custom resource that names it.

Runs in AWS Lambda, as inline code: there `cfnresponse` tells CloudFormation how it went.
"""

from typing import Any

import boto3
import cfnresponse
from botocore.exceptions import ClientError


def handle(event: dict[str, Any], context: object) -> None:
    """Answer one of CloudFormation's requests; only a deletion has anything to do.

    Whatever goes wrong is told, since CloudFormation waits for an answer.
    """
    # One and the same for ever: CloudFormation deletes a resource whose ID has changed.
    resource = event["LogicalResourceId"]
    try:
        if event["RequestType"] == "Delete":
            tag = event["ResourceProperties"]["Tag"]
            delete_snapshots(tag["key"], tag["value"])
    except Exception as error:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, resource, reason=f"{type(error).__name__}: {error}")
    else:
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, resource)


def delete_snapshots(key: str, value: str) -> None:
    """Delete this account's snapshots that are tagged `key` = `value`.

    Raises:
        ClientError: AWS refused, or a snapshot is in use.
    """
    ec2 = boto3.client("ec2")
    filters = [{"Name": f"tag:{key}", "Values": [value]}]
    for page in ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=filters):
        for snapshot in page["Snapshots"]:
            try:
                ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidSnapshot.NotFound":
                    raise
            print(f"{snapshot['SnapshotId']} is deleted")  # noqa: T201 - Lambda's log
