"""The NGINX configuration, from one template for the cluster, the tests and a laptop."""

from collections.abc import Sequence
from pathlib import Path

import jinja2

FILE = "nginx.conf"
"""The configuration's file name, in the ConfigMap too."""

IMAGE = (
    "public.ecr.aws/docker/library/nginx:1.30.5-trixie"
    "@sha256:b972f831f200b19ef0767938224f9711e74cd783718738cd7405d5cabf75c442"
)
"""The official image of NGINX's stable line, from the mirror that sets no limit on anonymous pulls.

The digest is that of the index over all architectures. Another image has to stop gracefully when it is told to stop:
by `STOPSIGNAL SIGQUIT`, as this one.
"""

PORT = 8080
"""Where it listens in a pod, in which nobody is root."""

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
