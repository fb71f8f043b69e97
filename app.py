"""The CDK app: settings in, stacks out, nothing else.

The CDK CLI runs this as cdk.json says; run by itself, `python app.py` writes the same templates to cdk.out/.
"""

import json
import os
import sys
from pathlib import Path

from aws_cdk import App

from cdk_app import ChecksError, Settings, SettingsError, build, synthesise
from k8s_charts.arguments import ChartError
from k8s_charts.wiring import WiringError

_CONTEXT = json.loads(Path(__file__).with_name("cdk.json").read_text("utf-8"))["context"]

app = App(
    context=_CONTEXT,
    outdir=os.environ.get("CDK_OUTDIR", "cdk.out"),
    analytics_reporting=False,
    tree_metadata=False,
)
try:
    build(app, Settings.from_context(app.node.get_all_context()))
    synthesise(app)
except (SettingsError, ChartError, WiringError, ChecksError) as error:
    sys.exit(str(error))
