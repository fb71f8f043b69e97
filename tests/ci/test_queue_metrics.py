"""Jenkins' queue becomes a metric, or the run fails: a queue that nobody sees must not look empty."""

import importlib.util
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from tests.ci.server import Server
from tests.ci.workplace import ROOT

pytestmark = pytest.mark.full

SCRIPT = ROOT / "ansible/roles/queue_metrics/files/queue_metrics.py"
SIGNED_IN = f"Basic {b64encode(b'admin:a password').decode()}"
PAGE = """\
# HELP jenkins_queue_size_value Generated from Dropwizard metric import
# TYPE jenkins_queue_size_value gauge
jenkins_queue_size_value 3.0
jenkins_queue_stuck_value 1.0
"""


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("queue_metrics", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Jenkins(BaseHTTPRequestHandler):
    """Shows its metrics to its administrator."""

    page = PAGE

    def do_GET(self) -> None:
        status, body = (200, self.page) if self.headers["Authorization"] == SIGNED_IN else (403, "")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def jenkins() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Jenkins) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/prometheus/"
        server.shutdown()
        thread.join()


def test_the_queue_is_told_in_the_pipelines_namespace(
    script: ModuleType,
    jenkins: str,
    server: Server,
    aws: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "password").write_text("a password\n")
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    where = ["--namespace=Slipway/Pipeline", "--region=eu-west-2", f"--url={jenkins}", "--user=admin"]
    monkeypatch.setattr("sys.argv", ["queue-metrics", *where, f"--password-file={tmp_path}/password"])

    script.main()

    (told,) = server.metrics
    assert told == {
        "Namespace": "Slipway/Pipeline",
        "MetricData": [{"MetricName": "WaitingBuilds", "Value": 3.0, "Unit": "Count"}],
    }


def test_a_queue_with_labels_is_the_same_queue(
    script: ModuleType, jenkins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jenkins, "page", 'jenkins_queue_size_value{instance="a"} 2.0\n')
    assert script.waiting(jenkins, "admin", "a password") == 2


def test_a_jenkins_that_refuses_is_no_empty_queue(script: ModuleType, jenkins: str) -> None:
    with pytest.raises(ValueError, match="answered 403 without jenkins_queue_size_value"):
        script.waiting(jenkins, "admin", "another password")


def test_a_jenkins_that_says_nothing_of_its_queue_is_no_empty_queue(
    script: ModuleType, jenkins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jenkins, "page", "jenkins_queue_stuck_value 1.0\n")
    with pytest.raises(ValueError, match="answered 200 without"):
        script.waiting(jenkins, "admin", "a password")
