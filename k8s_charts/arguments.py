"""Arguments that cannot work are refused when the charts are made, each with one line."""

import re

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_TAGGED = re.compile(r"[^\s@]+:(?!latest$)\w[\w.-]{0,127}")
FILLED_IN = re.compile(r"\$\{Token\[[^\]]+\]\}")
"""What a value holds that CloudFormation fills in: it cannot be known here."""


class ChartError(ValueError):
    """An argument of a chart cannot work. The message is one line: which, what it is, what is allowed."""


def check_image(service: str, image: str) -> None:
    """Refuse an image that is not one certain image.

    Raises:
        ChartError: it is empty, or names neither a digest nor a tag, or the tag `latest`.
    """
    if not (FILLED_IN.search(image) or _DIGEST.search(image) or _TAGGED.fullmatch(image)):
        raise ChartError(
            f"{service}: image={image!r} is not allowed; "
            "give one certain image, name@sha256:… or name:tag, and never latest"
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
