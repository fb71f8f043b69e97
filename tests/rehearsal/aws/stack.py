"""One stack in CloudFormation."""

import json
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import ClientError

_SECONDS = 60


class Stack:
    """A stack that is deployed without the CDK."""

    def __init__(self, cloudformation: Any, name: str) -> None:
        self._cloudformation, self._name = cloudformation, name

    def deploy(self, resources: Mapping[str, Any]) -> str:
        """Have the stack hold these resources and no others; return its status."""
        outputs = {name: {"Value": {"Ref": name}} for name in resources}
        call = self._cloudformation.update_stack if self.status else self._cloudformation.create_stack
        call(StackName=self._name, TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
        return self._settled()

    def delete(self) -> None:
        """Delete the stack, if there is one."""
        if self.status:
            self._cloudformation.delete_stack(StackName=self._name)
            assert self._settled() in {"", "DELETE_COMPLETE"}, self.reasons

    @property
    def ids(self) -> dict[str, str]:
        """What `Ref` returns of each resource."""
        (found,) = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        return {item["OutputKey"]: item["OutputValue"] for item in found["Outputs"]}

    @property
    def reasons(self) -> str:
        """Why resources have failed."""
        events = self._cloudformation.describe_stack_events(StackName=self._name)["StackEvents"]
        return "\n".join(item.get("ResourceStatusReason", "") for item in events)

    @property
    def status(self) -> str:
        """What CloudFormation says; nothing if there is no stack."""
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        except ClientError:
            return ""
        return str(found["StackStatus"])

    def _settled(self) -> str:
        deadline = monotonic() + _SECONDS
        while (status := self.status).endswith("_IN_PROGRESS"):
            assert monotonic() < deadline, f"{self._name} is still {status}"
            sleep(0.05)
        return status
