"""Every request to the database: the application against the baseline."""

from pathlib import Path

from benchmarks import BenchmarkError
from benchmarks.contest import Result, opponents, take_turns
from benchmarks.plan import Plan
from benchmarks.report import Bar, Findings, Table, number

_CACHED = "proxy_cache pages;"
TITLE = "Every request to the database"
ABOUT = """\
Requests through NGINX to the frontend, from there to the backend and on to MariaDB with the five first users: 32
connections, each of which asks again as soon as it has its answer. The application's NGINX has its cache off and is
otherwise as shipped. The baseline is the same contract as the training project served it: Flask's development server,
`requests.get` for each hit, the ORM, and NGINX with a plain `proxy_pass`. Medians of the rounds; queries are MariaDB's
own count of SELECT statements."""


def measure(plan: Plan, home: Path) -> Findings:
    """Compare both with all caches off."""
    with opponents(home, edit=without_cache) as sides:
        results = take_turns(
            {"baseline": f"{sides.baseline}/", "application, cache off": f"{sides.system.proxy.url}/"},
            plan,
            queries=sides.queries,
        )
    baseline, ours = results.values()
    return Findings(
        tables=[table(results)],
        bars=[
            Bar("cache off: requests/s against the baseline's", ours.load.rate / baseline.load.rate, 5, at_least=True),
            Bar("cache off: p99 against the baseline's", ours.load.p99 / baseline.load.p99, 0.25),
            Bar("cache off: queries a request", ours.queries, 1, at_least=True),
            Bar("cache off: failed requests", ours.load.failed, 0),
        ],
    )


def without_cache(configuration: str) -> str:
    """Return NGINX's configuration with its cache off.

    Raises:
        BenchmarkError: it has no such cache, so nothing would be switched off.
    """
    if _CACHED not in configuration:
        raise BenchmarkError(f"nginx.conf.j2 has no line '{_CACHED}'; tell benchmarks/speed.py which one it is")
    return configuration.replace(_CACHED, "proxy_cache off;")


def table(results: dict[str, Result]) -> Table:
    """Return the contestants' figures, one a line."""
    return Table(
        ["", "requests/s", "p50, ms", "p99, ms", "queries/request", "requests", "failed"],
        [
            [
                name,
                number(result.load.rate),
                number(result.load.p50 * 1000),
                number(result.load.p99 * 1000),
                f"{result.queries:.2f}",
                f"{result.load.requests:,}",
                f"{result.load.failed:,}",
            ]
            for name, result in results.items()
        ],
    )
