"""Waits until Systems Manager reaches the host that a custom resource of CloudFormation names.

Runs in AWS Lambda, as inline code: there `cfnresponse` tells CloudFormation how it went.
"""

from time import monotonic, sleep
from typing import Any

import boto3
import cfnresponse
from botocore.exceptions import ClientError

LOOK_SECONDS = 5


def handle(event: dict[str, Any], context: object) -> None:
    """Answer one of CloudFormation's requests; a deletion has nothing to wait for.

    Whatever goes wrong is told, since CloudFormation waits for an answer.
    """
    # One and the same for ever: CloudFormation deletes a resource whose ID has changed.
    resource = event["LogicalResourceId"]
    try:
        if event["RequestType"] != "Delete":
            wait_for(event["ResourceProperties"]["InstanceId"], int(event["ResourceProperties"]["Seconds"]))
    except Exception as error:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, resource, reason=f"{type(error).__name__}: {error}")
    else:
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, resource)


def wait_for(instance: str, seconds: int) -> None:
    """Return once the agent of `instance` is online.

    A refusal is no reason to give up: the function's own role may be seconds old, and not yet known everywhere.

    Raises:
        TimeoutError: it was not for so many seconds; the last answer is told.
    """
    ssm = boto3.client("ssm")
    end = monotonic() + seconds
    while True:
        try:
            found = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [instance]}])
            seen = ", ".join(one["PingStatus"] for one in found["InstanceInformationList"]) or "not registered"
        except ClientError as error:
            seen = str(error)
        if seen == "Online":
            return
        if monotonic() > end:
            raise TimeoutError(
                f"Systems Manager does not reach {instance} after {seconds} s ({seen}); its system log says whether it "
                "started, and its subnet has to reach the internet or Systems Manager's endpoints"
            )
        sleep(LOOK_SECONDS)
