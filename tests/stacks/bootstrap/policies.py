"""The policies of the bootstrap's template, and what IAM says of requests under them."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.stacks.bootstrap.samples import ACCOUNT, BOUNDARY, PSEUDO_PARAMETERS, REGION, SAMPLES

Document = dict[str, Any]

OURS: Mapping[str, str] = {
    "aws:RequestedRegion": REGION,
    "aws:RequestTag/system": "slipway",
    "aws:ResourceTag/system": "slipway",
    "iam:AWSServiceName": "rds.amazonaws.com",
    "iam:PassedToService": "lambda.amazonaws.com",
    "iam:PermissionsBoundary": BOUNDARY,
}
"""What is known of a request about our own things; a key that an action does not know is not judged by."""


def filled(value: Any, references: Mapping[str, str] = PSEUDO_PARAMETERS) -> Any:
    """Return a template's value as CloudFormation fills it in; what is not in `references` becomes `1`."""
    match value:
        case {"Ref": name}:
            return references.get(name, "1")
        case {"Fn::GetAtt": _} | {"Fn::ImportValue": _}:
            return "1"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(filled(part, references) for part in parts)
        case {"Fn::Sub": str(text)}:
            for name, known in references.items():
                text = text.replace(f"${{{name}}}", known)
            return text
        case dict():
            return {key: filled(item, references) for key, item in value.items()}
        case list():
            return [filled(item, references) for item in value]
    return value


@dataclass(frozen=True)
class Policies:
    """The managed policies in the template at `path`."""

    path: Path

    @cached_property
    def template(self) -> Document:
        document: Document = json.loads(self.path.read_text("utf-8"))
        return document

    @cached_property
    def all(self) -> dict[str, Document]:
        """Documents by policy name."""
        resources = self.template["Resources"]
        names = {id_: filled(resource["Properties"]["ManagedPolicyName"]) for id_, resource in resources.items()}
        references = {**PSEUDO_PARAMETERS} | {
            id_: f"arn:aws:iam::{ACCOUNT}:policy/{name}" for id_, name in names.items()
        }
        return {
            name: with_lists(filled(resources[id_]["Properties"]["PolicyDocument"], references))
            for id_, name in names.items()
        }

    @cached_property
    def execution(self) -> list[Document]:
        return [document for name, document in self.all.items() if "-cdk-execution-" in name]

    @cached_property
    def boundary(self) -> list[Document]:
        return [document for name, document in self.all.items() if name.startswith("slipway-boundary-")]

    @cached_property
    def toolkit(self) -> list[Document]:
        return [document for name, document in self.all.items() if name.startswith("slipway-toolkit-boundary-")]


def with_lists(document: Document) -> Document:
    """Return a copy of a policy in which every statement has lists, even of one."""
    return {
        **document,
        "Statement": [
            {
                key: [item] if key in ("Action", "Resource") and isinstance(item, str) else item
                for key, item in old.items()
            }
            for old in document["Statement"]
        ],
    }


def judge(policies: Iterable[Document], requests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what IAM says of each request; see simulate.mjs."""
    asked = [{"samples": SAMPLES, "context": OURS, **request} for request in requests]
    done = subprocess.run(
        [Path(sys.executable).with_name("node"), Path(__file__).with_name("simulate.mjs")],
        input=json.dumps({"policies": list(policies), "requests": asked}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def refused(policies: Iterable[Document], requests: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say of which requests IAM does not allow every part, and of which it knows nothing to try them on."""
    return [
        f"{answer['action']} on {target}: {verdict}"
        for answer in judge(policies, requests)
        for target, verdict in (answer["verdicts"] or {"nothing": "no sample of its kind"}).items()
        if verdict != "Allowed"
    ]
