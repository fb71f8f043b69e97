"""Manifests, which are passed on to the cluster as they are."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import urllib3

from rehearsal.aws.resources.resource_type import Made, Properties, RefusedError, ResourceType
from rehearsal.kubeconfig import Kubeconfig, read

Manifest = dict[str, Any]


def kubeconfig() -> Kubeconfig:
    """Return what the file in the variable KUBECONFIG says now; the cluster may have been started anew."""
    return read(Path(os.environ["KUBECONFIG"]))


class Cluster:
    """The cluster behind a kubeconfig."""

    def __init__(self, config: Kubeconfig) -> None:
        self._config = config
        self._http = urllib3.PoolManager(ca_cert_data=config.authority)
        self._kinds: dict[str, dict[str, Manifest]] = {}

    def apply(self, manifest: Manifest) -> None:
        """Make an object what the manifest says, whoever wrote it before."""
        self._ask(
            "PATCH",
            f"{self._path(manifest)}?fieldManager=slipway&force=true",
            json.dumps(manifest),
            {"Content-Type": "application/apply-patch+yaml"},
        )

    def delete(self, manifest: Manifest) -> None:
        """Delete an object, if there is one."""
        self._ask("DELETE", self._path(manifest), missing=True)

    def _path(self, manifest: Manifest) -> str:
        api, metadata = manifest["apiVersion"], manifest["metadata"]
        root = f"/apis/{api}" if "/" in api else f"/api/{api}"
        if root not in self._kinds:
            self._kinds[root] = {kind["kind"]: kind for kind in self._ask("GET", root)["resources"]}
        if manifest["kind"] not in self._kinds[root]:
            raise RefusedError(f'no matches for kind "{manifest["kind"]}" in version "{api}"')
        kind = self._kinds[root][manifest["kind"]]
        space = f"/namespaces/{metadata['namespace']}" if kind["namespaced"] else ""
        return f"{root}{space}/{kind['name']}/{metadata['name']}"

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None, *, missing: bool = False
    ) -> Manifest:
        answer = self._http.request(
            method,
            self._config.server + path,
            body=body,
            headers={"Authorization": f"Bearer {self._config.token}", **(headers or {})},
        )
        content: Manifest = json.loads(answer.data)
        if answer.status >= 400 and not (missing and answer.status == 404):
            raise RefusedError(f"the cluster refused {method} {path}: {content.get('message', answer.status)}")
        return content


@lru_cache(maxsize=1)
def _cluster(config: Kubeconfig) -> Cluster:
    return Cluster(config)


def _manifests(properties: Properties) -> list[Manifest]:
    if "PruneLabel" in properties:
        raise RefusedError("pruning is not known here; give the KubernetesManifest prune=False")
    return list(json.loads(properties["Manifest"]))


def _create(properties: Properties, name: str) -> Made:
    return _apply(name, properties, properties)


def _apply(physical_id: str, _old: Properties, new: Properties) -> Made:
    cluster = _cluster(kubeconfig())
    for manifest in _manifests(new):
        cluster.apply(manifest)
    return physical_id, {}


def _delete(_physical_id: str, properties: Properties) -> None:
    cluster = _cluster(kubeconfig())
    for manifest in reversed(_manifests(properties)):
        cluster.delete(manifest)


TYPES = {"Custom::AWSCDK-EKS-KubernetesResource": ResourceType(_create, _delete, _apply)}
