"""The NGINX configuration, from one template for the cluster, the tests and a laptop."""

from collections.abc import Sequence
from pathlib import Path

import jinja2

FILE = "nginx.conf"
"""The configuration's file name, in the ConfigMap too."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    autoescape=False,  # noqa: S701 - NGINX's syntax, not HTML
)


def arguments(*, prefix: str, file: str) -> list[str]:
    """Return NGINX's arguments: work in `prefix`, read `file`, and report even the earliest error on stderr."""
    return ["-e", "stderr", "-p", prefix, "-c", file]


def render(*, listen: str, upstream: str, resolver: str | None, entrances: Sequence[str] = ()) -> str:
    """Return the configuration.

    Every path in it is relative, so NGINX works wherever its prefix (`-p`) points; it stays in the foreground.

    Args:
        listen: port, or address and port, to listen on: `8080`, `127.0.0.1:8080`.
        upstream: `host:port` of the frontend.
        resolver: address of the DNS server that `upstream` is asked from again and again while NGINX runs; None
            where `upstream` is an address.
        entrances: address ranges of the load balancer in front, which is believed who the client is; none by default.
    """
    return _TEMPLATES.get_template(f"{FILE}.j2").render(
        listen=listen, upstream=upstream, resolver=resolver, entrances=entrances
    )
