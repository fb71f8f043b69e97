"""EKS' rules as a plugin for the CDK's validation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)

from slipway.eks_rules import EksRule, eks_rules


@jsii.implements(IPolicyValidationPlugin)
class EksChecks:
    """Checks every EKS cluster of an app at synthesis, however it was made.

    To be used like cdk-nag's packs, and beside them, since theirs pass over `aws_eks_v2`:

        Validations.of(app).add_plugins(AwsSolutionsChecks(app), EksChecks(minimum_version="1.35"))

    Guarantees: a cluster that breaks a rule of `slipway.eks_rules` fails the synthesis, unless a construct around it
    acknowledges `EksChecks::` and the rule's name. Nested stacks, whose templates are assets, are not looked at.
    """

    def __init__(self, *, minimum_version: str | None = None, deletion_protection: bool = False) -> None:
        """Define the checks.

        Args:
            minimum_version: the oldest version of Kubernetes that is allowed, such as `1.35`; None allows any.
            deletion_protection: whether clusters must refuse to be deleted.
        """
        self._rules = eks_rules(minimum_version=minimum_version, deletion_protection=deletion_protection)

    @property
    def name(self) -> str:
        """What the report and acknowledgements call these checks."""
        return "EksChecks"

    @property
    def version(self) -> str | None:
        """The version of these checks, for the CDK's statistics: none, they go with the repository."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """The names of all rules."""
        return [rule.name for rule in self._rules]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Judge all templates of the app."""
        violations = [
            violation
            for path in context.template_paths
            for violation in self._violations(path, json.loads(Path(path).read_text("utf-8")))
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)

    def _violations(self, path: str, template: dict[str, Any]) -> Iterator[PolicyViolation]:
        for logical_id, resource in template.get("Resources", {}).items():
            for rule in self._rules:
                if rule.resource_type == resource["Type"] and rule.broken_by(resource.get("Properties", {})):
                    yield _violation(rule, path, logical_id)


def _violation(rule: EksRule, path: str, logical_id: str) -> PolicyViolation:
    return PolicyViolation(
        rule_name=rule.name,
        description=rule.info,
        fix=rule.explanation,
        severity=rule.level,
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=logical_id, template_path=path, locations=[f"Properties/{rule.location}"]
            )
        ],
    )
