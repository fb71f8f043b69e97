"""A CDK app that imports what app.py imports and defines next to nothing: what a synthesis takes at the least."""

from aws_cdk import App, CfnWaitConditionHandle, Stack

import cdk_app

__all__ = ["cdk_app"]

if __name__ == "__main__":
    app = App(analytics_reporting=False, tree_metadata=False)
    CfnWaitConditionHandle(Stack(app, "Empty"), "Nothing")  # a stack without any resource is refused
    app.synth()
