"""The boxes of what runs: what a reader calls it, what it is, and where it listens."""

from collections.abc import Iterable

from diagrams import network, pods
from diagrams.picture import Box
from diagrams.stacks import Key, Resource, Stacks
from k8s_charts.wiring.view import Workload

_ENGINES = {"mariadb": "MariaDB"}
"""RDS' engines by their names, as their makers write them."""


def networked(stacks: Stacks, key: Key) -> Box:
    """Return the box of what stands behind a security group."""
    resource = network.groups(stacks)[key][0]
    title, *lines = _described(resource, stacks.resources[key].properties["GroupDescription"])
    listening = {rule.port for rule in network.rules(stacks) if rule.target == key}
    lines[-1] += listed(listening)
    return Box(str(key), title, tuple(lines), resource.key.stack)


def workload(stacks: Stacks, item: Workload) -> Box:
    """Return the box of pods."""
    scale = pods.scale(stacks, item)
    what = f"{scale['minReplicas']} to {scale['maxReplicas']} pods" if scale else "a Job of each release"
    return Box(pods.name_of(item), pods.name_of(item), (what + listed(pods.ports(stacks, item)),), "ProdStack")


def listed(ports: Iterable[int]) -> str:
    """Return ports as they stand behind what listens there."""
    return "".join(f", :{port}" for port in sorted(ports))


def _described(resource: Resource, group: str) -> list[str]:
    """Return a resource's title, and what it is; where it has no name of its own, its security group has one."""
    given = resource.properties
    match resource.type:
        case "AWS::EC2::Instance":
            return [f"{resource.key.logical_id.partition('Instance')[0]} host", f"EC2 {given['InstanceType']}"]
        case "AWS::RDS::DBInstance":
            title = f"{given['DBInstanceIdentifier'].rpartition('-')[2]} database".capitalize()
            engine = f"RDS {_ENGINES.get(given['Engine'], given['Engine'])} {given['EngineVersion']}"
            return [title, engine, *(["Multi-AZ"] if given["MultiAZ"] else [])]
        case "AWS::Lambda::Function":
            return [group, "Lambda"]
        case _:
            return [group, "ALB"]
