"""Every manifest is what the cluster's version of Kubernetes accepts."""

from typing import Any

import kubernetes_validate
import pytest

from cdk_app.settings import Settings

VERSION = Settings().cluster.version


def test_every_manifest_fits_the_schema_of_the_clusters_version(manifests: list[dict[str, Any]]) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_a_manifest_that_does_not_fit_is_refused(manifests: list[dict[str, Any]]) -> None:
    service = next(manifest for manifest in manifests if manifest["kind"] == "Service")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**service, "spec": {"ports": "8080"}}, VERSION, strict=True)
