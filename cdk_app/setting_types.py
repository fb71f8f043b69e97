"""What settings may be: the types that refuse, at synthesis, what AWS would refuse in the middle of a deployment."""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from slipway.private_cluster import SERVICE_CIDR

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_TAKEN = tuple(map(IPv4Network, (SERVICE_CIDR, "172.17.0.0/16")))  # the latter is Docker's, on the test host
_RESERVED_NAMES = ("aws", "ssm")  # Parameter Store keeps what begins so to itself


def _split(value: object) -> object:
    """Return a comma-separated string as a list; anything else as it is."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _unset_if_empty(value: object) -> object:
    """Return None for an empty string, so that `-c name=` unsets an optional setting."""
    return None if value == "" else value


def _is_for_a_vpc(network: IPv4Network) -> IPv4Network:
    if not 16 <= network.prefixlen <= 20:
        raise ValueError("too small or too large for nine subnets")
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise ValueError("not private")
    if any(network.overlaps(taken) for taken in _TAKEN):
        raise ValueError("taken")
    return network


def _is_outside(network: IPv4Network) -> IPv4Network:
    if network.prefixlen == 0 or any(network.overlaps(private) for private in _PRIVATE):
        raise ValueError("everybody, or nobody outside")
    return network


def _is_free(name: str) -> str:
    if name.startswith(_RESERVED_NAMES):
        raise ValueError("reserved")
    return name


def _is_no_tag_of_aws(value: str) -> str:
    if not value.strip() or value.lower().startswith("aws:"):
        raise ValueError("empty, or reserved")
    return value


List = BeforeValidator(_split)
Optional = BeforeValidator(_unset_if_empty)

VpcRange = Annotated[IPv4Network, AfterValidator(_is_for_a_vpc)]
PublicRange = Annotated[IPv4Network, AfterValidator(_is_outside)]
SystemName = Annotated[
    str, Field(min_length=2, max_length=20, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"), AfterValidator(_is_free)
]
TagValue = Annotated[str, Field(max_length=256, pattern=r"^[\w .:/=+@-]+$"), AfterValidator(_is_no_tag_of_aws)]
Image = Annotated[str, Field(pattern=r"^[a-z0-9][\w.\-/:]*@sha256:[0-9a-f]{64}$")]
Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
SecretArn = Annotated[
    str, Field(pattern=r"^arn:aws[\w-]*:secretsmanager:[a-z\d-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z\d]{6}$")
]
Domain = Annotated[
    # 64 letters are what a certificate's name may have
    str, Field(max_length=64, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")
]
RepositoryUrl = Annotated[str, Field(pattern=r"^https://[\w.\-]+(/[\w.~\-]+)+$")]
OidcIssuer = Annotated[str, Field(pattern=r"^https://[\w.\-]+(:\d+)?(/[\w.~\-]+)*/?$")]
GITHUB_REPOSITORY = r"https://github\.com/[\w.-]+/[\w.-]+\.git"

_ARM64 = r"^[a-z]+\d+g[a-z]*\."
HostType = Annotated[str, Field(pattern=_ARM64 + r"(micro|small|medium|large|\d*xlarge)$")]
NodeType = Annotated[str, Field(pattern=_ARM64 + r"(medium|large|\d*xlarge)$")]  # EKS Auto Mode takes none smaller

_DATABASE = r"^db\.[a-z]\d+[a-z]*\."
TestDatabaseClass = Annotated[str, Field(pattern=_DATABASE + r"(micro|small|medium|large|\d*xlarge)$")]
DatabaseClass = Annotated[str, Field(pattern=_DATABASE + r"(medium|large|\d*xlarge)$")]  # none smaller has insights
