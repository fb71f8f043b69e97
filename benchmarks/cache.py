"""As shipped: the application behind its cache, against the baseline and against a static file."""

from collections.abc import Callable, Mapping
from pathlib import Path

import urllib3

from benchmarks import BenchmarkError
from benchmarks.contest import opponents, take_turns
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings
from benchmarks.speed import table
from rehearsal.system import proxy

TITLE = "As shipped"
ABOUT = """\
The same, as it is shipped: NGINX keeps the page for a second. Beside it, the same NGINX process serves a static file of
the page's size, with the same log and the same headers: what NGINX could do at best."""

_FILE = "static-page"
_BEFORE = "        location / {\n"
_OF_NGINX = {
    "accept-ranges",
    "connection",
    "content-length",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "server",
    "transfer-encoding",
}
"""Headers that NGINX writes by itself."""


def measure(plan: Plan, home: Path) -> Findings:
    """Compare all three."""
    with opponents(home) as sides:
        page = _cached_page(f"{sides.system.proxy.url}/")
        nginx = proxy(home / "static", sides.system.frontend, edit=with_static_file(page.headers))
        (home / "static" / "nginx" / _FILE).write_bytes(page.data)
        try:
            nginx.start()
            results = take_turns(
                {
                    "baseline": f"{sides.baseline}/",
                    "application, as shipped": f"{nginx.url}/",
                    f"static file of {len(page.data):,} bytes": f"{nginx.url}/{_FILE}",
                },
                plan,
                queries=sides.queries,
            )
        finally:
            nginx.stop()
    baseline, ours, static = results.values()
    return Findings(
        tables=[table(results)],
        bars=[
            Bar(
                "as shipped: requests/s against the baseline's", ours.load.rate / baseline.load.rate, 100, at_least=True
            ),
            Bar(
                "as shipped: requests/s against a static file's", ours.load.rate / static.load.rate, 0.7, at_least=True
            ),
            Bar("as shipped: failed requests", ours.load.failed, 0),
        ],
    )


def _cached_page(url: str) -> urllib3.BaseHTTPResponse:
    """Return the page as NGINX serves it from its cache, where the first request has put it."""
    for _ in range(2):
        page = urllib3.request("GET", url)
    if page.status != 200:
        raise BenchmarkError(f"GET {url} was answered with {page.status}; nothing to compare with a static file")
    return page


def with_static_file(headers: Mapping[str, str]) -> Callable[[str], str]:
    """Return what adds the static file to NGINX's configuration, sent with these headers beside NGINX's own."""
    headers_of_page = "".join(
        f"            add_header {name} {_value(name, value)};\n"
        for name, value in headers.items()
        if name.lower() not in _OF_NGINX
    )
    location = (
        f"        location = /{_FILE} {{\n"
        "            root .;\n"
        f'            default_type "{headers["Content-Type"]}";\n'
        f"{headers_of_page}"
        "        }\n\n"
    )

    def edit(configuration: str) -> str:
        if configuration.count(_BEFORE) != 1:
            raise BenchmarkError(
                "nginx.conf.j2 has not exactly one 'location /'; tell benchmarks/cache.py where to add"
            )
        return configuration.replace(_BEFORE, location + _BEFORE)

    return edit


def _value(name: str, value: str) -> str:
    """Return a header's value for NGINX; the request's id is another one each time, as the page's is."""
    if name.lower() == "x-request-id":
        return "$request_id"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
