"""What can be wrong with an EKS cluster, told by the properties that a template gives it.

None of these raises, whatever it is given. A value that only CloudFormation knows, such as a parameter, cannot be
judged: where it decides, it counts as wrong.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All logs that a control plane can keep."""

_ADMINISTRATOR = "/AmazonEKSClusterAdminPolicy"
_ONE_PRINCIPAL = re.compile(r"arn:[^:*]+:iam::[^:*]+:(role|user)/[^*?]+")
_UNKNOWN = "…"

Properties = Mapping[str, Any]


def is_open_to_the_world(cluster: Properties) -> bool:
    """Tell whether the whole internet reaches the Kubernetes API; EKS opens it unless told otherwise."""
    match cluster.get("ResourcesVpcConfig"):
        case {"EndpointPublicAccess": False | "false"}:
            return False
        case {"PublicAccessCidrs": [_, *_] as ranges}:
            return _cover_the_world(ranges)
    return True


def _cover_the_world(ranges: Iterable[Any]) -> bool:
    """Tell whether the ranges together are all addresses there are, or cannot be read."""
    try:
        networks = [ip_network(str(item), strict=False) for item in ranges]
    except ValueError:
        return True
    v4 = collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    v6 = collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
    return any(network.prefixlen == 0 for family in (v4, v6) for network in family)


def lacks_logs(cluster: Properties) -> bool:
    """Tell whether one of `LOG_TYPES` is not kept."""
    match cluster.get("Logging"):
        case {"ClusterLogging": {"EnabledTypes": [*types]}}:
            return any({"Type": name} not in types for name in LOG_TYPES)
    return True


def keeps_secrets_in_the_clear(cluster: Properties) -> bool:
    """Tell whether Kubernetes' secrets are not encrypted with a key of one's own."""
    match cluster.get("EncryptionConfig"):
        case [{"Resources": ["secrets"], "Provider": {"KeyArn": _}}]:
            return False
    return True


def reads_aws_auth(cluster: Properties) -> bool:
    """Tell whether the ConfigMap aws-auth says who may enter, as it does unless told otherwise."""
    match cluster.get("AccessConfig"):
        case {"AuthenticationMode": "API"}:
            return False
    return True


def is_its_makers(cluster: Properties) -> bool:
    """Tell whether whoever makes the cluster administers it, as it is unless told otherwise."""
    match cluster.get("AccessConfig"):
        case {"BootstrapClusterCreatorAdminPermissions": False | "false"}:
            return False
    return True


def is_older(version: Any, minimum: str) -> bool:
    """Tell whether `version` is older than `minimum`, or none."""
    return not (isinstance(version, str) and re.fullmatch(r"\d+\.\d+", version)) or _numbers(version) < _numbers(
        minimum
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def lets_anybody_administer(entry: Properties) -> bool:
    """Tell whether an access entry makes an administrator of something else than one role or user."""
    match entry.get("AccessPolicies"):
        case None:
            return False
        case [*policies]:
            arns = [_text(item.get("PolicyArn")) if isinstance(item, Mapping) else _UNKNOWN for item in policies]
            administrates = any(arn.endswith((_ADMINISTRATOR, _UNKNOWN)) for arn in arns)
            return administrates and not _is_one_principal(entry.get("PrincipalArn"))
    return not _is_one_principal(entry.get("PrincipalArn"))


def _is_one_principal(arn: Any) -> bool:
    """Tell whether `arn` is one role or user: a resource's own ARN always is, another stack's export must be."""
    match arn:
        case {"Fn::GetAtt": _} | {"Fn::ImportValue": _}:
            return True
    return _ONE_PRINCIPAL.fullmatch(_text(arn)) is not None


def _text(value: Any) -> str:
    """Return a value as text, with `…` where CloudFormation fills in."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(map(_text, parts))
        case {"Fn::Sub": str(template)}:
            return re.sub(r"\$\{[^}]*\}", _UNKNOWN, template)
    return _UNKNOWN
