"""Arguments that cannot work are refused when the charts are made, each with one line."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

_REPOSITORY = r"([a-zA-Z0-9.-]+(:\d+)?/)?[a-z0-9]+((\.|_{1,2}|-+|/)[a-z0-9]+)*"
_TAG = r"\w[\w.-]{0,127}"
_IMAGE = re.compile(rf"{_REPOSITORY}(:(?!latest$){_TAG}|(:{_TAG})?@sha256:[0-9a-f]{{64}})")
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_RELEASE = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
FILLED_IN = re.compile(r"\$\{Token\[[^\]]+\]\}")
"""What a value holds that CloudFormation fills in: it cannot be known here."""


class ChartError(ValueError):
    """An argument of a chart cannot work. The message is one line: which, what it is, what is allowed."""


def check_image(service: str, image: str) -> None:
    """Refuse an image that is not one certain image.

    Raises:
        ChartError: it is empty, or names neither a digest nor a tag, or the tag `latest`.
    """
    if not (FILLED_IN.search(image) or _IMAGE.fullmatch(image)):
        raise ChartError(
            f"{service}: image={image!r} is not allowed; "
            "give one certain image, name@sha256:… or name:tag, and never latest"
        )


def check_name(what: str, name: str) -> None:
    """Refuse a name that Kubernetes refuses for a namespace or a Service.

    Raises:
        ChartError: it is no DNS label that begins with a letter.
    """
    if not (_NAME.fullmatch(name) and len(name) <= 63):
        raise ChartError(
            f"{what}={name!r} is not allowed; give up to 63 lower-case letters, digits and hyphens, a letter first"
        )


def check_release(release: str) -> None:
    """Refuse a release's name that does not fit into a label, and with a hash behind it into the Job's name.

    Raises:
        ChartError: it is too long, or has other characters.
    """
    if not _RELEASE.fullmatch(release):
        raise ChartError(
            f"release={release!r} is not allowed; give up to 40 lower-case letters, digits and inner hyphens"
        )


def check_address(what: str, address: str) -> None:
    """Refuse what is no IPv4 address.

    Raises:
        ChartError: it is none.
    """
    try:
        IPv4Address(address)
    except ValueError:
        raise ChartError(f"{what}={address!r} is not allowed; give an IPv4 address such as 172.20.0.10") from None


def check_ranges(what: str, ranges: Sequence[str]) -> None:
    """Refuse ranges of addresses that are none; no range at all would mean everybody in a network policy.

    Raises:
        ChartError: there are none, or one is no IPv4 range.
    """
    try:
        known = [IPv4Network(cidr) for cidr in ranges if not FILLED_IN.search(cidr)]
    except ValueError:
        known = []
    filled_in = [cidr for cidr in ranges if FILLED_IN.search(cidr)]
    if not ranges or len(known) + len(filled_in) < len(ranges):
        raise ChartError(
            f"{what}={', '.join(ranges)!r} is not allowed; give one or more IPv4 ranges such as 10.40.0.0/20"
        )


def check_ports(service: str, *ports: int | None) -> None:
    """Refuse ports that a container without privileges cannot listen on side by side; None is no port.

    Raises:
        ChartError: one is below 1024 or above 65535, or two are the same.
    """
    given = [port for port in ports if port is not None]
    if len(set(given)) < len(given) or not all(1024 <= port <= 65535 for port in given):
        raise ChartError(
            f"{service}: ports {', '.join(map(str, given))} are not allowed; give different ones from 1024 to 65535"
        )


def check_replicas(service: str, fewest: int, most: int) -> None:
    """Refuse numbers of pods that cannot be.

    Raises:
        ChartError: there would be none, or fewer at most than at least.
    """
    if not 1 <= fewest <= most:
        raise ChartError(f"{service}: {fewest} to {most} pods are not allowed; give at least 1, and at most no fewer")
