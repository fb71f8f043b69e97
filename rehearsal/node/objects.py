"""A node's objects over HTTP: made, changed, deleted and looked at as in Kubernetes' API.

What comes in is checked against no schema and belongs to nobody: who applies an object replaces it. A watch tells of
everything anew after a second, and ends.
"""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from time import sleep
from typing import Any

import yaml
from flask import Blueprint, Response, abort, json, request

from rehearsal.node import Node, discovery
from rehearsal.node.discovery import Kind

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` sends the whole object along."""

_WATCH_SECONDS = 1.0

Object = dict[str, Any]


def of(node: Node) -> Blueprint:
    """Return the pages of a node's objects."""
    pages, views = Blueprint("objects", __name__), _Objects(node)
    pages.url_value_preprocessor(_name_kind)
    for root in ("/api/<version>", "/apis/<group>/<version>"):
        for space in ("", "/namespaces/<namespace>"):
            several = f"{root}{space}/<plural>"
            one = f"{several}/<name>"
            pages.get(several)(views.several)
            pages.post(several)(views.create)
            pages.get(one)(views.one)
            pages.patch(one)(views.patch)
            pages.delete(one)(views.delete)
            pages.get(f"{one}/log")(views.log)
    return pages


def _name_kind(_endpoint: str | None, path: dict[str, Any] | None) -> None:
    """Put the kind in the place of the parts of a path that name it."""
    if path is not None:
        path["kind"] = discovery.kind(path.pop("group", ""), path.pop("version"), path.pop("plural"))
        path.setdefault("namespace", None)


class _Objects:
    """What a client may do; each method answers one kind of request."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def several(self, kind: Kind, namespace: str | None) -> Any:
        labels = _selected(request.args.get("labelSelector", ""))
        fields = _selected(request.args.get("fieldSelector", ""))

        def found() -> list[Object]:
            return [
                item
                for item in self._all(kind, namespace)
                if labels.items() <= item["metadata"].get("labels", {}).items()
                and fields.get("metadata.name", item["metadata"]["name"]) == item["metadata"]["name"]
            ]

        if request.args.get("watch") in {"1", "true"}:
            return Response(_news(found), mimetype="application/json")
        return {"kind": f"{kind.name}List", "apiVersion": kind.api, "metadata": {}, "items": found()}

    def one(self, kind: Kind, namespace: str | None, name: str) -> Object:
        for item in self._all(kind, namespace):
            if item["metadata"]["name"] == name:
                return item
        return abort(HTTPStatus.NOT_FOUND, f'{kind.plural} "{name}" not found')

    def create(self, kind: Kind, namespace: str | None) -> Any:
        given = request.get_json()
        name = given["metadata"]["name"]
        if any(item["metadata"]["name"] == name for item in self._all(kind, namespace)):
            abort(HTTPStatus.CONFLICT, f'{kind.plural} "{name}" already exists')
        return self._apply(kind, namespace, given), HTTPStatus.CREATED

    def patch(self, kind: Kind, namespace: str | None, name: str) -> Object:
        change = yaml.safe_load(request.get_data())
        if request.mimetype == "application/apply-patch+yaml":
            return self._apply(kind, namespace, change)
        before = self.one(kind, namespace, name)
        if request.mimetype == "application/merge-patch+json":
            return self._apply(kind, namespace, _merged(before, change))
        applied = change.get("metadata", {}).get("annotations", {}).get(_APPLIED)
        if applied is None:
            abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{request.mimetype} is not known here; use --type=merge")
        return self._apply(kind, namespace, _merged(json.loads(applied), {"metadata": change["metadata"]}))

    def delete(self, kind: Kind, namespace: str | None, name: str) -> Object:
        doomed = self.one(kind, namespace, name)
        if kind.name == "Pod" and (request.get_json(silent=True) or {}).get("gracePeriodSeconds") == 0:
            self._node.kill(name)
        if kind.name == "Namespace":
            for other in discovery.KINDS:
                if other.namespaced and other.name != "Pod":  # pods end with what they came of
                    self._node.delete(self._all(other, name))
        self._node.delete([doomed])
        return doomed

    def log(self, kind: Kind, namespace: str | None, name: str) -> Response:
        self.one(kind, namespace, name)
        return Response(self._node.logs(name) + "\n", mimetype="text/plain")

    def _all(self, kind: Kind, namespace: str | None) -> list[Object]:
        found = self._node.objects(kind.name)
        return [item for item in found if namespace in (None, item["metadata"].get("namespace"))]

    def _apply(self, kind: Kind, namespace: str | None, told: Object) -> Object:
        if kind.name == "Pod":
            abort(HTTPStatus.METHOD_NOT_ALLOWED, description="pods come of Deployments and Jobs alone here")
        if "dryRun" in request.args:
            abort(HTTPStatus.BAD_REQUEST, "dry runs are not known here")
        metadata = told["metadata"] | ({"namespace": namespace} if namespace else {})
        manifest = {key: value for key, value in told.items() if key != "status"} | {"metadata": metadata}
        self._node.apply([manifest])
        return self.one(kind, namespace, metadata["name"])


def _selected(selector: str) -> dict[str, str]:
    """Return what a selector wants labels or fields to be."""
    terms = [term for term in selector.split(",") if term]
    if not all(re.fullmatch(r"[^=!\s]+==?[^=\s]*", term) for term in terms):
        abort(HTTPStatus.BAD_REQUEST, f"the selector {selector!r} is not known here; only key=value is")
    return {key: value.lstrip("=") for key, _, value in (term.partition("=") for term in terms)}


def _merged(before: Any, change: Any) -> Any:
    """Return what a merge patch (RFC 7386) makes of a value."""
    if not isinstance(change, dict):
        return change
    kept = before if isinstance(before, dict) else {}
    merged = kept | {key: _merged(kept.get(key), value) for key, value in change.items()}
    return {key: value for key, value in merged.items() if change.get(key, ...) is not None}


def _news(found: Callable[[], list[Object]]) -> Iterator[str]:
    sleep(_WATCH_SECONDS)
    for item in found():
        yield json.dumps({"type": "MODIFIED", "object": item}) + "\n"
