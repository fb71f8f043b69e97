"""The templates as they stood when someone last looked; `make snapshots` takes new ones."""

import json
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.synthesis import STACKS, Synthesis

MASKS = (
    # What stands in an asset is not the template's business: its hash is in S3 keys and image tags ...
    (re.compile(r"\b[0-9a-f]{64}\b"), "<asset>"),
    # ... and, by the image, in the name of the migration's Job and the logical ID that follows from it.
    (re.compile(r"(migration-working-tree-)[0-9a-f]{10}"), r"\1<hash>"),
    (re.compile(r"(Jobmigrationworkingtree)[0-9a-f]{10}[0-9A-F]{8}"), r"\1<hash>"),
    # What waits for a release is named by all that it consists of.
    (re.compile(r"(GateAwait(?:migration|rollout))[0-9a-f]{10}[0-9A-F]{8}"), r"\1<hash>"),
)


def masked(text: str) -> Any:
    """Return a template without what depends on its assets' content."""
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return json.loads(text)


@pytest.mark.parametrize("stack", STACKS)
def test_template_is_as_it_was(synthesis: Synthesis, snapshot: SnapshotAssertion, stack: str) -> None:
    template = masked(synthesis.path(stack).read_text("utf-8"))
    assert template == snapshot(extension_class=JSONSnapshotExtension)


def test_the_mask_hides_assets_and_nothing_else() -> None:
    asset, name = "0" * 64, "1" * 10
    text = f'{{"a": "{asset}.zip", "b": "x:{asset}", "c": "migration-working-tree-{name}", "d": "abc-{name}"}}'
    assert masked(text) == {
        "a": "<asset>.zip",
        "b": "x:<asset>",
        "c": "migration-working-tree-<hash>",
        "d": f"abc-{name}",
    }
