"""Synthesises profiles for their bills: `python -m costs.synthesis FOLDER…`, a folder being named after its profile."""

import json
import sys
from pathlib import Path

from aws_cdk import App

from cdk_app import Settings, build

_CDK_JSON = Path(__file__).parents[1] / "cdk.json"


def write(folder: Path) -> None:
    """Write the templates of a profile, with what cdk.json sets for good: neither checked nor fit to be deployed."""
    context = json.loads(_CDK_JSON.read_text("utf-8"))["context"]
    app = App(
        context={**context, "profile": folder.name, "aws:cdk:disable-asset-staging": True},
        outdir=str(folder),
        analytics_reporting=False,
        tree_metadata=False,
        builtin_cloud_formation_validation=False,
    )
    build(app, Settings.from_context(app.node.get_all_context()))
    app.synth()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write(Path(name))
