"""What a client asks an API first: which kinds of objects there are, and what they are called in paths."""

from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, abort


class Kind(NamedTuple):
    """A kind of object, in one version."""

    group: str
    version: str
    plural: str
    name: str
    short: str = ""
    namespaced: bool = True

    @property
    def api(self) -> str:
        """What stands in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version


KINDS = (
    Kind("", "v1", "configmaps", "ConfigMap", "cm"),
    Kind("", "v1", "namespaces", "Namespace", "ns", namespaced=False),
    Kind("", "v1", "nodes", "Node", "no", namespaced=False),
    Kind("", "v1", "pods", "Pod", "po"),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", "sa"),
    Kind("", "v1", "services", "Service", "svc"),
    Kind("apps", "v1", "deployments", "Deployment", "deploy"),
    Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa"),
    Kind("batch", "v1", "jobs", "Job"),
    Kind("eks.amazonaws.com", "v1", "nodeclasses", "NodeClass", namespaced=False),
    Kind("eks.amazonaws.com", "v1", "targetgroupbindings", "TargetGroupBinding"),
    Kind("karpenter.sh", "v1", "nodepools", "NodePool", namespaced=False),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol"),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb"),
)
"""What the charts and the stacks write; of others, the node would make nothing."""

_UNKNOWN = "the server could not find the requested resource"
_VERBS = ["create", "delete", "get", "list", "patch", "watch"]

pages = Blueprint("discovery", __name__)


def kind(group: str, version: str, plural: str) -> Kind:
    """Return the kind that a path names, or answer that there is none."""
    found = [known for known in KINDS if known[:3] == (group, version, plural)]
    return found[0] if found else abort(HTTPStatus.NOT_FOUND, _UNKNOWN)


@pages.get("/version")
def _version() -> dict[str, str]:
    return {"major": "1", "minor": "36", "gitVersion": "v1.36.0+slipway"}


@pages.get("/api")
def _core() -> dict[str, Any]:
    return {"kind": "APIVersions", "versions": ["v1"]}


@pages.get("/apis")
def _groups() -> dict[str, Any]:
    groups = []
    for name, version in sorted({(known.group, known.version) for known in KINDS if known.group}):
        served = {"groupVersion": f"{name}/{version}", "version": version}
        groups.append({"name": name, "versions": [served], "preferredVersion": served})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


@pages.get("/api/<version>")
@pages.get("/apis/<group>/<version>")
def _kinds(version: str, group: str = "") -> dict[str, Any]:
    found = _of(group, version)
    resources = [
        {
            "name": known.plural,
            "singularName": known.name.lower(),
            "shortNames": [known.short] if known.short else [],
            "namespaced": known.namespaced,
            "kind": known.name,
            "verbs": _VERBS,
        }
        for known in found
    ]
    return {"kind": "APIResourceList", "groupVersion": found[0].api, "resources": resources}


@pages.get("/openapi/v3")
def _descriptions() -> dict[str, Any]:
    roots = {("apis/" if known.group else "api/") + known.api for known in KINDS}
    return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots}}


@pages.get("/openapi/v3/api/<version>")
@pages.get("/openapi/v3/apis/<group>/<version>")
def _description(version: str, group: str = "") -> dict[str, Any]:
    """Say that fields are checked here, not by the client; and then they are not."""
    validated = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
    paths = {
        f"/{known.plural}": {
            "patch": {
                "parameters": [validated],
                "responses": {},
                "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": known.name},
            }
        }
        for known in _of(group, version)
    }
    return {"openapi": "3.0.0", "info": {"title": "node", "version": "1"}, "paths": paths}


def _of(group: str, version: str) -> list[Kind]:
    found = [known for known in KINDS if known[:2] == (group, version)]
    return found or abort(HTTPStatus.NOT_FOUND, _UNKNOWN)
