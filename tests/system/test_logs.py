"""One request, one line of JSON in each of the three logs, and numbers where only operators see them."""

import json
import socket
from datetime import datetime
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from rehearsal.system import Process, System
from tests.system.client import get

pytestmark = pytest.mark.full

PATIENCE = 5.0


def lines(process: Process, request_id: str) -> list[dict[str, Any]]:
    """Return the log's lines about one request, once there are any."""
    deadline = monotonic() + PATIENCE
    while True:
        found = [json.loads(line) for line in process.log.read_text().splitlines() if f'"{request_id}"' in line]
        if found or monotonic() > deadline:
            return found
        sleep(0.02)


@pytest.mark.parametrize("given", ["a-sane.one_1", "", 'no"t sane', "x" * 65])
def test_one_line_in_each_log_with_the_same_request_id(system: System, given: str) -> None:
    uri = f"/?after={uuid4().hex}"
    given = given and f"{given}{uuid4().hex[:8]}"
    answer = get(system.proxy.url + uri, **({"X_Request_ID": given} if given else {}))
    request_id = answer.headers["x-request-id"]
    assert (request_id == given) is given.startswith("a-sane")
    for service, process in (("proxy", system.proxy), ("frontend", system.frontend), ("backend", system.backend)):
        (line,) = lines(process, request_id)
        assert line["service"] == service
        assert line["method"] == "GET"
        assert line["uri"].endswith(uri.partition("?")[2])
        assert line["status"] == 200
        assert 0 <= line["seconds"] < PATIENCE
        assert datetime.fromisoformat(line["time"]).tzinfo is not None


def test_every_line_that_a_request_leaves_is_json(system: System) -> None:
    get(f"{system.proxy.url}/nothing%22%0A%7B")
    for process in (system.proxy, system.frontend, system.backend):
        for line in process.log.read_text().splitlines():
            if "uri" in line:
                json.loads(line)


def test_the_proxys_log_is_json_whatever_is_asked_for(system: System) -> None:
    parts = urlsplit(system.proxy.url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(
            b"GET /\xff\xfe HTTP/1.1\r\nHost: users\r\nX-Request-ID: odd-uri\r\nConnection: close\r\n\r\n"
        )
        while connection.recv(4096):
            pass
    (line,) = lines(system.proxy, "odd-uri")
    assert line["uri"] == "(not ASCII)"


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "//metrics", "/./metrics"])
def test_nginx_exposes_neither_metrics_nor_readiness(system: System, path: str) -> None:
    answer = get(system.proxy.url + path)
    assert answer.status == 404
    assert "http_requests_total" not in answer.text


def test_both_services_count_their_requests_on_a_port_of_their_own(system: System) -> None:
    get(f"{system.proxy.url}/?after={uuid4().hex}")
    for process in (system.frontend, system.backend):
        numbers = get(f"http://127.0.0.1:{process.environment['METRICS_PORT']}/metrics")
        assert numbers.status == 200
        assert "http_requests_total{" in numbers.text
        assert "http_request_duration_seconds_bucket{" in numbers.text


def test_no_answer_names_a_version(system: System) -> None:
    for url in (system.proxy.url, system.frontend.url, system.backend.url):
        for path in ("/", "/backend", "/nothing", "/healthz", "/static/", "/%"):
            answer = get(url + path)
            assert not any(sign.isdigit() for sign in answer.headers.get("server", "")), answer.headers
            assert not {"x-powered-by", "x-aspnet-version"} & set(answer.headers)
            assert "nginx/" not in answer.text
            assert "Werkzeug" not in answer.text


@pytest.mark.parametrize("path", ["/", "/nothing", "/readyz", "/healthz", "/static/style.css", "/%", "/" + "x" * 9000])
def test_every_answer_restricts_what_a_browser_may_do(system: System, path: str) -> None:
    answer = get(system.proxy.url + path)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
