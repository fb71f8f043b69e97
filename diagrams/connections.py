"""Who opens a connection to whom: every arrow of the architecture, each from what allows or orders it."""

from collections.abc import Iterator

from diagrams import network, permissions, pods
from diagrams.picture import Arrow
from diagrams.stacks import Key, Stacks

USERS, GIT, CLOUDFORMATION, API, CLUSTER, REGISTRY = "users", "git", "cloudformation", "api", "cluster", "registry"
"""What is no single resource, or none of ours."""

_HTTPS = 443


def connections(stacks: Stacks) -> tuple[Arrow, ...]:
    """Return every connection once."""
    return tuple(
        dict.fromkeys(
            [
                *_from_outside(stacks),
                *_through_security_groups(stacks),
                *_between_pods(stacks),
                *_of_hosts(stacks),
                *_of_cloudformation(stacks),
                *_of_nodes(stacks),
            ]
        )
    )


def _from_outside(stacks: Stacks) -> Iterator[Arrow]:
    groups = network.group_of(stacks)
    for route in stacks.of_type("AWS::ApiGatewayV2::Route"):
        (api,) = stacks.of(route, "ApiId")
        yield Arrow(GIT, str(api))
    for integration in stacks.of_type("AWS::ApiGatewayV2::Integration"):
        (api,), (function,) = stacks.of(integration, "ApiId"), stacks.of(integration, "IntegrationUri")
        yield Arrow(str(api), str(groups[function]))


def _through_security_groups(stacks: Stacks) -> Iterator[Arrow]:
    for rule in network.rules(stacks):
        for source in _sources(stacks, rule):
            for target in _targets(stacks, rule):
                yield Arrow(source, target)


def _sources(stacks: Stacks, rule: network.Rule) -> list[str]:
    """Return who uses a rule: of the cluster the pods that call there."""
    if rule.source is None:
        return [USERS]
    if not _is_cluster(stacks, rule.source):
        return [str(rule.source)]
    groups = network.group_of(stacks)
    return [
        pods.name_of(call.caller)
        for call in pods.calls_outside(stacks)
        if (groups.get(call.callee), call.port) == (rule.target, rule.port)
    ]


def _targets(stacks: Stacks, rule: network.Rule) -> list[str]:
    """Return whom a rule leads to: of the cluster its API, or the pods that a load balancer finds there."""
    if not _is_cluster(stacks, rule.target):
        return [str(rule.target)]
    if rule.port == _HTTPS:
        return [API]
    return [pods.name_of(workload) for workload, port in pods.entrances(stacks) if port == rule.port]


def _is_cluster(stacks: Stacks, key: Key) -> bool:
    return stacks.resources[key].type == "AWS::EKS::Cluster"


def _between_pods(stacks: Stacks) -> Iterator[Arrow]:
    for call in pods.calls_inside(stacks):
        yield Arrow(pods.name_of(call.caller), pods.name_of(call.callee))


def _of_hosts(stacks: Stacks) -> Iterator[Arrow]:
    groups = network.group_of(stacks)
    for host in stacks.of_type("AWS::EC2::Instance"):
        source = str(groups[host.key])
        for key, way in permissions.repositories(stacks, host):
            yield Arrow(source, stacks.resources[key].properties["RepositoryName"].rpartition("/")[0], way)
        if permissions.deploys(stacks, host):
            yield Arrow(source, CLOUDFORMATION, "deploy")


def _of_cloudformation(stacks: Stacks) -> Iterator[Arrow]:
    """Yield the calls of functions in the network that stand behind custom resources."""
    groups = network.group_of(stacks)
    for resource in stacks.resources.values():
        for function in stacks.of(resource, "ServiceToken") & groups.keys():
            yield Arrow(CLOUDFORMATION, str(groups[function]))


def _of_nodes(stacks: Stacks) -> Iterator[Arrow]:
    if permissions.nodes_pull(stacks):
        yield Arrow(CLUSTER, REGISTRY, "pull")
