"""The objects of a release, for a test to break, and the check that is to notice."""

from pathlib import Path
from typing import Any

from k8s_charts import dockerfile, nginx
from k8s_charts.wiring import check

Manifest = dict[str, Any]
Objects = dict[tuple[str, str], Manifest]

SERVICES = Path(__file__).parents[2] / "services"
STARTS = {name: dockerfile.read(SERVICES / name / "Dockerfile") for name in ("backend", "frontend")}
IDENTITIES = [("slipway", "backend"), ("slipway", "migration")]
BINDING = {
    "apiVersion": "eks.amazonaws.com/v1",
    "kind": "TargetGroupBinding",
    "metadata": {"name": "proxy", "namespace": "slipway"},
    "spec": {"serviceRef": {"name": "proxy", "port": 8080}, "targetGroupARN": "arn", "targetType": "ip"},
}


def container(objects: Objects, name: str) -> Manifest:
    kind = "Job" if name == "migration" else "Deployment"
    only: Manifest
    (only,) = objects[kind, name]["spec"]["template"]["spec"]["containers"]
    return only


def variable(objects: Objects, name: str, key: str) -> Manifest:
    return next(item for item in container(objects, name)["env"] if item["name"] == key)


def rewrite(objects: Objects, old: str, new: str) -> None:
    data = objects["ConfigMap", "proxy"]["data"]
    assert old in data[nginx.FILE]
    data[nginx.FILE] = data[nginx.FILE].replace(old, new)


def rules(objects: Objects, name: str, direction: str, port: int) -> list[Manifest]:
    found = objects["NetworkPolicy", name]["spec"][direction]
    return [rule for rule in found if port in [entry["port"] for entry in rule["ports"]]]


def forbid(objects: Objects, name: str, direction: str, port: int) -> None:
    for rule in rules(objects, name, direction, port):
        objects["NetworkPolicy", name]["spec"][direction].remove(rule)


def the_release(objects: Objects, **changes: Any) -> None:
    check(objects.values(), **{"starts": STARTS, "identities": IDENTITIES, "resolver": "172.20.0.10"} | changes)
