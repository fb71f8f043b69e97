"""The architecture: what stands in which subnets, and who opens a connection to whom."""

from collections.abc import Iterator

from diagrams import boxes, network
from diagrams.connections import API, CLOUDFORMATION, CLUSTER, GIT, REGISTRY, USERS, connections
from diagrams.picture import Box, Group, Picture, within
from diagrams.stacks import Resource, Stacks

_ELSEWHERE = {USERS: "users", GIT: "GitHub", CLOUDFORMATION: "CloudFormation"}
_INTERNET_GATEWAY, _NAT_GATEWAY = "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"
_BUILD_SIDE = "CiStack"


def architecture(stacks: Stacks) -> Picture:
    """Return the picture of everything that runs."""
    arrows = connections(stacks)
    ends = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    apis = stacks.of_type("AWS::ApiGatewayV2::Api")
    members: tuple[Box | Group, ...] = (
        *(Box(id_, title, kind="outside") for id_, title in _ELSEWHERE.items() if id_ in ends),
        *(Box(str(api.key), "Webhook", ("API Gateway",), api.key.stack) for api in apis),
        *(_vpc(stacks, vpc) for vpc in stacks.of_type("AWS::EC2::VPC")),
        _registry(stacks),
    )
    kinds = {member.kind for member in within(members)}
    return Picture(
        title="Slipway's architecture",
        description="What the stacks make, in which subnets it stands, and who opens a connection to whom.",
        members=members,
        arrows=arrows,
        legend=tuple((stack, stack) for stack in stacks.templates if stack in kinds),
    )


def _vpc(stacks: Stacks, vpc: Resource) -> Group:
    nats = len(stacks.of_type(_NAT_GATEWAY))
    subnets = {
        _INTERNET_GATEWAY: ("public subnets",),
        _NAT_GATEWAY: ("private subnets", f"out through {nats} NAT gateway{'s' if nats > 1 else ''}"),
        "": ("isolated subnets", "no way out"),
    }
    members: dict[str, list[Box | Group]] = {kind: [] for kind in subnets}
    for key, (resource, *_) in network.groups(stacks).items():
        members[network.subnets(stacks, resource)].append(boxes.networked(stacks, key))
    for cluster in stacks.of_type("AWS::EKS::Cluster"):
        members[network.subnets(stacks, cluster)].append(_cluster(stacks, cluster))
    return Group(
        str(vpc.key),
        f"VPC {vpc.properties['CidrBlock']}",
        tuple(
            Group(title, title, tuple(_columns(title, members[kind])), lines=tuple(lines))
            for kind, (title, *lines) in subnets.items()
        ),
        lines=(f"over {network.zones(stacks)} zones",),
    )


def _columns(title: str, members: list[Box | Group]) -> Iterator[Group]:
    """Keep the build side together, beside production."""
    for build_side in (False, True):
        if column := tuple(member for member in members if (member.kind == _BUILD_SIDE) is build_side):
            yield Group(f"{title} {build_side}", "", column, "column")


def _cluster(stacks: Stacks, cluster: Resource) -> Group:
    api = Box(API, "Kubernetes API", (f"EKS {cluster.properties['Version']}",), cluster.key.stack)
    return Group(CLUSTER, "cluster", (api, *(boxes.workload(stacks, item) for item in stacks.objects.workloads)))


def _registry(stacks: Stacks) -> Group:
    services: dict[str, list[str]] = {}
    for item in stacks.of_type("AWS::ECR::Repository"):
        path, _, service = item.properties["RepositoryName"].rpartition("/")
        services.setdefault(path, []).append(service)
    named = (Box(path, path, (f"images of {', '.join(names)}",), "RegistryStack") for path, names in services.items())
    return Group(REGISTRY, "ECR", tuple(named))
