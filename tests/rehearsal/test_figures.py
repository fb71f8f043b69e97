"""What `make status` says of the services is what their pods tell a Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from rehearsal import figures
from rehearsal.ports import free_port


@contextmanager
def pod(service: str, text: bytes) -> Iterator[dict[str, Any]]:
    """Run what serves a pod's metrics, and yield the pod."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield described(service, server.server_port)
        server.shutdown()
        thread.join()


def described(service: str, port: int) -> dict[str, Any]:
    ports = [{"name": "http", "containerPort": 1}, {"name": "metrics", "containerPort": port}]
    return {
        "metadata": {"labels": {"app.kubernetes.io/name": service}},
        "spec": {"containers": [{"ports": ports}]},
        "status": {"podIP": "127.0.0.1"},
    }


def counted(requests: dict[tuple[str, str], int], seconds: list[float], outages: int = 0) -> bytes:
    """Return what the services tell, by their own names."""
    registry = CollectorRegistry()
    total = Counter("http_requests_total", "…", ("method", "route", "status"), registry=registry)
    took = Histogram("http_request_duration_seconds", "…", ("method", "route"), buckets=(0.01, 0.1), registry=registry)
    away = Counter("dependency_outages_total", "…", ("dependency",), registry=registry)
    for (route, status), count in requests.items():
        total.labels("GET", route, status).inc(count)
    for each in seconds:
        took.labels("GET", "/").observe(each)
    away.labels("database").inc(outages)
    return generate_latest(registry)


def test_pods_of_a_service_are_added_up_and_probes_left_out() -> None:
    one = counted(
        {("/", "200"): 7, ("/", "503"): 2, ("/readyz", "200"): 99, ("probe", "503"): 5}, [0.005] * 8, outages=1
    )
    two = counted({("/", "200"): 1}, [0.05] * 2)
    with pod("frontend", one) as first, pod("frontend", two) as second:
        told = figures.of([first, second])
    assert list(told) == ["frontend"]
    seen = told["frontend"]
    assert (seen.requests.total(), seen.failed, seen.outages) == (10, 2, 1)
    assert (seen.slowest(0.5), seen.slowest(0.99)) == ("<= 10 ms", "<= 100 ms")


def test_a_service_that_nobody_has_asked_has_no_times() -> None:
    with pod("frontend", counted({}, [])) as idle:
        assert figures.of([idle])["frontend"].slowest(0.99) == ""


def test_what_is_slower_than_all_that_is_counted_is_said_so() -> None:
    with pod("frontend", counted({}, [3.0])) as slow:
        assert figures.of([slow])["frontend"].slowest(0.5) == "more"


def test_a_pod_without_metrics_has_no_figures() -> None:
    assert figures.of([described("proxy", free_port())]) == {}
