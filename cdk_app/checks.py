"""What every synthesis is checked against, and how it tells what was found.

cdk.json sets `@aws-cdk/core:failSynthOnValidationErrors` to false, which leaves the telling to `synthesise`: the CDK
itself takes four lines a finding and ends in a traceback.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from slipway import EksChecks

_REPORT = "validation-report.json"
_RUN_BY_CLI = "CDK_CLI_VERSION" in os.environ
_OLDEST_KUBERNETES = "1.35"  # the oldest in EKS' standard support
_LONGEST = 300  # letters; some list everything that would be allowed
_ADVICE = "Mend it, or acknowledge it beside the resource with a reason."


class ChecksError(Exception):
    """The app was synthesised and does not pass; the message holds one line for each finding."""


def synthesise(app: App) -> None:
    """Write all templates, and check them against AWS' rules, ours for EKS, and CloudFormation's own.

    Warnings go to standard error, unless the CDK's CLI runs the app: it prints them itself.

    Raises:
        ChecksError: something was found that is neither mended nor acknowledged.
    """
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), EksChecks(minimum_version=_OLDEST_KUBERNETES))
    report = json.loads(Path(app.synth().directory, _REPORT).read_text("utf-8"))
    findings = [finding for checks in report["pluginReports"] for finding in _findings(checks)]
    if not _RUN_BY_CLI:
        sys.stderr.writelines(f"{severity}: {text}\n" for severity, text in findings if severity == "warning")
    errors = [text for severity, text in findings if severity not in {"warning", "info"}]
    if errors:
        raise ChecksError("\n".join(f"error: {text}" for text in errors))


def _findings(checks: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how grave each finding is, and what to read: where, what, by which rule, what to do."""
    name = checks["pluginName"].replace(" ", "-")
    if checks["conclusion"] == "failure" and not checks["violations"]:
        yield "error", checks.get("metadata", {}).get("error", f"{name} failed and does not say why")
    for violation in checks["violations"]:
        rule, advice = violation["ruleName"], violation.get("suggestedFix") or _ADVICE
        what = shorten(violation["description"], _LONGEST, placeholder=" …")
        if rule.startswith("Annotation::"):  # it says all that it has to say, and its name is whole
            text = what
        else:
            text, rule = f"{what.rstrip('.')}. {advice}", f"{name}::{rule}"
        for construct in violation["violatingConstructs"]:
            yield violation["severity"], f"{rule} at {construct['constructPath']}: {text}"
