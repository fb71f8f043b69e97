"""What Lambda gives to inline code, so that it can answer CloudFormation."""

from types import ModuleType, SimpleNamespace
from typing import Any


class Answers(ModuleType):
    """Lambda's `cfnresponse`, which remembers what was sent."""

    SUCCESS, FAILED = "SUCCESS", "FAILED"

    def __init__(self) -> None:
        super().__init__("cfnresponse")
        self.sent: list[SimpleNamespace] = []

    def send(
        self,
        _event: object,
        _context: object,
        status: str,
        _data: dict[str, Any],
        resource: str,
        reason: str | None = None,
    ) -> None:
        self.sent.append(SimpleNamespace(status=status, resource=resource, reason=reason))
