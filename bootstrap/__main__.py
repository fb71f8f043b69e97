"""The app that `ci/bootstrap` deploys with an administrator's credentials: one stack of managed policies."""

import json
import os
import sys
from pathlib import Path

from aws_cdk import App

from bootstrap.stack import BootstrapStack
from cdk_app.settings import Settings, SettingsError

_CONTEXT = json.loads(Path(__file__).parents[1].joinpath("cdk.json").read_text("utf-8"))["context"]

app = App(
    context=_CONTEXT, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), analytics_reporting=False, tree_metadata=False
)
try:
    settings = Settings.from_context(app.node.get_all_context())
except SettingsError as error:
    sys.exit(str(error))
BootstrapStack(
    app, "BootstrapStack", settings=settings, qualifier=app.node.get_context("@aws-cdk/core:bootstrapQualifier")
)
app.synth()
