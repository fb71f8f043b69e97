"""The request path: every hop of a user's request, with what guards it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from diagrams import boxes, network, pods
from diagrams.connections import USERS, connections
from diagrams.picture import Arrow, Box, Picture
from diagrams.stacks import Resource, Stacks
from k8s_charts.wiring import nginx
from k8s_charts.wiring.view import Workload


def request_path(stacks: Stacks) -> Picture:
    """Return the picture of whom a request reaches; it ends where the path is broken."""
    arrows = tuple(_onwards(connections(stacks), USERS))
    hops = (_hop(stacks, id_) for id_ in dict.fromkeys(arrow.target for arrow in arrows))
    return Picture(
        title="The path of a request",
        description="Whom a user's request reaches, one after the other, and what guards each of them.",
        members=(Box(USERS, "users", kind="outside"), *hops),
        arrows=arrows,
        flow="RIGHT",
    )


def _onwards(arrows: Iterable[Arrow], start: str) -> Iterator[Arrow]:
    """Yield every arrow by which one gets on from a start."""
    reached = [start]
    for end in reached:
        for arrow in (arrow for arrow in arrows if arrow.source == end):
            yield arrow
            if arrow.target not in reached:
                reached.append(arrow.target)


def _hop(stacks: Stacks, id_: str) -> Box:
    for key, (resource, *_) in network.groups(stacks).items():
        if str(key) == id_:
            box = boxes.networked(stacks, key)
            return replace(box, lines=(*box.lines, *_guards_of_resource(stacks, resource)))
    (workload,) = (item for item in stacks.objects.workloads if pods.name_of(item) == id_)
    box = boxes.workload(stacks, workload)
    return replace(box, lines=(*box.lines, *_guards_of_pods(stacks, workload)))


def _guards_of_resource(stacks: Stacks, resource: Resource) -> Iterator[str]:
    match resource.type:
        case "AWS::ElasticLoadBalancingV2::LoadBalancer":
            for targets in stacks.of_type("AWS::ElasticLoadBalancingV2::TargetGroup"):
                given = targets.properties
                yield f"health: {given['HealthCheckPath']}"
                yield f"every {given['HealthCheckIntervalSeconds']} s"
        case "AWS::RDS::DBInstance" if resource.properties.get("EnableIAMDatabaseAuthentication"):
            yield "login: IAM token"


def _guards_of_pods(stacks: Stacks, workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        for text in nginx.configurations(stacks.objects, workload, container):
            yield _image(container["image"])
            yield f"wait: {_value(text, 'proxy_read_timeout')}, {_value(text, 'proxy_next_upstream_tries')} tries"
        yield f"start: {container['startupProbe']['httpGet']['path']}"
        yield f"drain: {container['lifecycle']['preStop']['exec']['command'][1]} s"


def _image(reference: str) -> str:
    """Return an image's name and tag, without its registry and its digest."""
    return reference.rpartition("/")[2].partition("@")[0].replace(":", " ")


def _value(configuration: str, directive: str) -> str:
    """Return what a directive of NGINX's is set to, a time as `2 s`."""
    (value,) = re.findall(rf"\b{directive} (\w+);", configuration)
    return re.sub(r"(\d)s$", r"\1 s", value)
