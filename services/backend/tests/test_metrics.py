"""Which metrics there are, and where they are served. What workers count together is tested with the workers."""

import socket
import tempfile
from pathlib import Path

import pytest

from application import metrics as metrics_module
from application.config import SettingError
from application.metrics import DEFAULT_PORT, Metrics, port_from, served
from tests.service import free_port, get


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_a_request_is_counted_and_timed() -> None:
    metrics = Metrics()
    for seconds in (0.004, 0.29, 0.31):
        metrics.count_request("GET", "/", 200, seconds)
    metrics.count_request("GET", "/", 503, 0.1)
    assert value(metrics, "http_requests_total", method="GET", route="/", status="200") == 3
    assert value(metrics, "http_requests_total", method="GET", route="/", status="503") == 1
    assert value(metrics, "http_request_duration_seconds_count", method="GET", route="/") == 4
    assert value(metrics, "http_request_duration_seconds_bucket", method="GET", route="/", le="0.3") == 3


def test_methods_that_a_client_invents_are_one_series() -> None:
    metrics = Metrics()
    metrics.count_request("BREW", "none", 405, 0.1)
    metrics.count_request("STEEP", "none", 405, 0.1)
    assert value(metrics, "http_requests_total", method="other", route="none", status="405") == 2


def test_an_outage_is_counted() -> None:
    metrics = Metrics()
    metrics.count_outage("database")
    assert value(metrics, "dependency_outages_total", dependency="database") == 1


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, DEFAULT_PORT),
        ({"METRICS_PORT": ""}, DEFAULT_PORT),
        ({"METRICS_PORT": "0"}, 0),
        ({"METRICS_PORT": "80"}, 80),
    ],
)
def test_the_port(environ: dict[str, str], port: int) -> None:
    assert port_from(environ) == port


@pytest.mark.parametrize("value", ["http", "-1", "65536", "1.5", "٣", " "])
def test_what_is_no_port_is_refused_in_one_line(value: str) -> None:
    with pytest.raises(SettingError, match=r"^METRICS_PORT is '.*'; allowed are 1 to 65535, and 0 for no metrics$"):
        port_from({"METRICS_PORT": value})


def test_they_are_served_as_long_as_the_service_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Metrics()  # for this process alone, so before the next line
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    port = free_port()
    with served("127.0.0.1", port):
        assert get(port, "/metrics")[0] == 200
        assert len(list(tmp_path.iterdir())) == 1
        with pytest.raises(
            SettingError, match=rf"METRICS_PORT: cannot listen at 127\.0\.0\.1:{port} \(Address already in use"
        ):
            served("127.0.0.1", port).__enter__()
    assert get(port, "/metrics")[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_port_0_serves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "TemporaryDirectory", lambda **_: pytest.fail("it made a folder"))
    with served("127.0.0.1", 0), socket.socket() as visitor:
        assert visitor.connect_ex(("127.0.0.1", DEFAULT_PORT)) != 0
