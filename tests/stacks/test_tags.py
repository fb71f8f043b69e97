"""Whose everything is, and who pays for it."""

from functools import cache
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.stacks.synthesis import STACKS, Synthesis

REGION = "eu-west-2"
BY_THE_STACK = {
    ("NetworkStack", "CustomVpcRestrictDefaultSGCustomResourceProviderHandler"),
    ("NetworkStack", "CustomVpcRestrictDefaultSGCustomResourceProviderRole"),
    ("ProdStack", "CustomS3AutoDeleteObjectsCustomResourceProviderHandler"),
    ("ProdStack", "CustomS3AutoDeleteObjectsCustomResourceProviderRole"),
    ("ClusterStack", "ClusterKubectlReadyBarrier"),
}
"""What the CDK makes without asking for tags; CloudFormation gives it those of the stack."""


def _expected(stack: str) -> dict[str, str]:
    return {"system": "slipway", "stack": stack, "owner": "platform", "cost-centre": "unassigned"}


@cache
def _tag_property(resource_type: str) -> str | None:
    """Return the property that takes the tags of a type's resources, as AWS's schema of it says."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema
    tagging = schema.get("tagging", {"taggable": False})
    if not tagging.get("taggable", True):
        return None
    return str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")


def _tags(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {tag["Key"]: tag["Value"] for tag in value}


def test_every_resource_that_takes_tags_has_all_four(synthesis: Synthesis) -> None:
    untagged = set()
    seen = 0
    for stack, template in synthesis.templates.items():
        for logical_id, resource in template["Resources"].items():
            if resource["Type"].startswith("Custom::") or not (name := _tag_property(resource["Type"])):
                continue
            seen += 1
            if not _expected(stack).items() <= _tags(resource["Properties"].get(name, [])).items():
                untagged.add((stack, logical_id[:-8]))
    assert seen > 80
    assert untagged == BY_THE_STACK


def test_every_stack_has_all_four(synthesis: Synthesis) -> None:
    for stack in STACKS:
        assert synthesis.artifacts[stack]["properties"]["tags"] == _expected(stack)


def test_nodes_which_eks_makes_have_all_four(synthesis: Synthesis) -> None:
    (node_class,) = (item for item in synthesis.manifests() if item["kind"] == "NodeClass")
    assert node_class["spec"]["tags"] == _expected("ClusterStack")
