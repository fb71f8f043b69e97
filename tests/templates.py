"""The stacks' templates as they are reviewed: their snapshots, which a test of tests/stacks keeps true."""

import json
from functools import cache
from pathlib import Path
from typing import Any

STACKS = ("NetworkStack", "RegistryStack", "CiStack", "DataStack", "ClusterStack", "ProdStack")

_SNAPSHOTS = Path(__file__).parent / "stacks/__snapshots__/test_snapshots"


@cache
def template(stack: str) -> dict[str, Any]:
    """Return a stack's template, with hashes masked."""
    text = (_SNAPSHOTS / f"test_template_is_as_it_was[{stack}].json").read_text("utf-8")
    return dict(json.loads(text))


def of_type(stack: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of a stack's resources of one type, by logical ID."""
    resources = template(stack)["Resources"]
    return {name: it.get("Properties", {}) for name, it in resources.items() if it["Type"] == kind}
