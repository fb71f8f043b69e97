"""Metrics for Prometheus: requests and outages, of all workers together, on a port that serves nothing else.

prometheus_client decides when it is imported whether it counts for this process alone or, in files, for several. So it
is imported when it is first needed, which is after `served` has chosen the files. Without `served`, as in a test or a
command, the process counts for itself.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory

from application.config import SettingError

DEFAULT_PORT = 5100

# Seconds. Close together around 0.3, within which 99 of 100 requests shall be answered.
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 10.0)

# A client may invent methods; each would be a time series.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


class Metrics:
    """What is counted. There is one of it in a process; see `metrics`.

    Attributes:
        registry: holds the numbers of this process, where it counts for itself.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        self._total = Counter(
            "http_requests_total", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "From a request's arrival to the end of its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._outages = Counter(
            "dependency_outages_total", "Times that a dependency went away.", ("dependency",), registry=self.registry
        )
        # Looking a series up by its labels takes longer than counting.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered.

        Args:
            method: any; unknown ones are counted together.
            route: the rule that matched, never the path itself.
            status: what was answered.
            seconds: from its arrival to the end of its answer.
        """
        key = (method if method in _METHODS else "other", route, status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = (self._total.labels(*key), self._duration.labels(*key[:2]))
        total, duration = series
        total.inc()
        duration.observe(seconds)

    def count_outage(self, dependency: str) -> None:
        """Count that a dependency went away."""
        self._outages.labels(dependency).inc()


@cache
def metrics() -> Metrics:
    """Return this process's metrics."""
    return Metrics()


def port_from(environ: Mapping[str, str]) -> int:
    """Read METRICS_PORT: where metrics are served; `DEFAULT_PORT` if it is unset or empty, 0 to serve none.

    Raises:
        SettingError: it is no port.
    """
    value = environ.get("METRICS_PORT") or str(DEFAULT_PORT)
    if not (value.isascii() and value.isdigit() and int(value) < 1 << 16):
        raise SettingError(f"METRICS_PORT is {value!r}; allowed are 1 to 65535, and 0 for no metrics")
    return int(value)


@contextmanager
def served(host: str, port: int) -> Iterator[None]:
    """Serve the metrics of this process and those that it forks in the meantime; nothing for port 0.

    Each process counts in files of its own, in a new temporary folder. They stay when it dies, so nothing is lost
    when a worker is replaced, and the sum never goes back.

    Raises:
        SettingError: the port cannot be listened at.
    """
    if port == 0:
        yield
        return
    with TemporaryDirectory(prefix="metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        metrics()
        from prometheus_client import CollectorRegistry, start_http_server
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # it has no types
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            raise SettingError(
                f"METRICS_PORT: cannot listen at {host}:{port} ({error.strerror}); "
                "choose a free one, or 0 for no metrics"
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
