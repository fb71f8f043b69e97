"""The namespace that the application's objects live in, and what holds for all of them."""

from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus
from constructs import Construct

from k8s_charts import network


class NamespaceChart(cdk8s.Chart):
    """The namespace: it admits only pods that meet Pod Security 'restricted', and they talk to nobody at first."""

    def __init__(self, scope: Construct, id_: str, *, name: str, labels: Mapping[str, str]) -> None:
        """Define the namespace called `name`."""
        super().__init__(scope, id_, labels=dict(labels))
        kplus.Namespace(
            self,
            "namespace",
            metadata=cdk8s.ApiObjectMetadata(name=name, labels={"pod-security.kubernetes.io/enforce": "restricted"}),
        )
        network.close_all(self, name)
