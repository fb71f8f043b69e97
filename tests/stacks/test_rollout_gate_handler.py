"""The gate's function against a Kubernetes API that stands in for a cluster's."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from slipway.rollout_gate_handler.gate import handler
from slipway.rollout_gate_handler.gate import kubernetes as api
from slipway.rollout_gate_handler.gate.handler import RolloutError, verdict
from slipway.rollout_gate_handler.gate.kubernetes import Kubernetes

Object = dict[str, Any]

DEPLOYMENT = "/apis/apps/v1/namespaces/slipway/deployments/backend"
JOB = "/apis/batch/v1/namespaces/slipway/jobs/migration-1"
PODS = "/api/v1/namespaces/slipway/pods"
TOKEN = "secret"


class Server:
    """A server that gives recorded answers, and remembers what it was sent."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Object | Callable[[], Object] | int] = {}
        self.asked: list[tuple[str, str]] = []
        self.received: list[Object] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers["Authorization"]))
                answer = outer.answers.get(urlsplit(self.path).path, 404)
                answer = answer() if callable(answer) else answer
                if answer == 0:  # no answer at all
                    self.close_connection = True
                    return
                self.send_response(answer if isinstance(answer, int) else 200)
                self.end_headers()
                self.wfile.write(json.dumps({} if isinstance(answer, int) else answer).encode())

            def do_PUT(self) -> None:
                outer.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port


@pytest.fixture
def run() -> Iterator[Callable[[Server], Server]]:
    started = []

    def start(server: Server) -> Server:
        thread = Thread(target=server.server.serve_forever, args=(0.01,))
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.server.shutdown()
        thread.join()
        server.server.server_close()


@pytest.fixture
def cluster(run: Callable[[Server], Server]) -> Server:
    """A cluster where everything is well."""
    server = run(Server())
    server.answers = {DEPLOYMENT: deployment(), JOB: job("Complete"), PODS: {"items": []}}
    return server


def deployment(*, generation: int = 2, spec: Object | None = None, **status: Any) -> Object:
    well = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    return {
        "metadata": {"name": "backend", "generation": generation},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app.kubernetes.io/name": "backend"}}} | (spec or {}),
        "status": well | status,
    }


def job(condition: str | None, message: str = "") -> Object:
    conditions = [{"type": condition, "status": "True", "message": message}] if condition else []
    return {"spec": {"selector": {"matchLabels": {"job-name": "migration-1"}}}, "status": {"conditions": conditions}}


def pod(name: str, state: Object, last: Object | None = None, **values: Any) -> Object:
    container = {"ready": False, "state": state, "lastState": last or {}} | values
    return {"metadata": {"name": name}, "status": {"containerStatuses": [container]}}


PROPERTIES = {"Namespace": "slipway", "Jobs": ["migration-1"], "Deployments": ["backend"], "Fewest": "3"}


def ask(server: Server, seconds: float = 60.0) -> float:
    """Ask for the verdict, on a clock that only waiting moves; return the seconds that were waited."""
    now = [0.0]
    verdict(
        Kubernetes(f"http://127.0.0.1:{server.port}", "slipway", None, lambda: TOKEN),
        PROPERTIES,
        seconds,
        clock=lambda: now[0],
        wait=lambda length: now.__setitem__(0, now[0] + length),
    )
    return now[0]


def refusal(server: Server, seconds: float = 60.0) -> str:
    with pytest.raises(RolloutError) as told:
        ask(server, seconds)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_release_that_has_rolled_out_passes_at_once(cluster: Server) -> None:
    assert ask(cluster) == 0
    assert {authorization for _, authorization in cluster.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("unfinished", "said"),
    [
        (deployment(generation=3), "the cluster has not looked at it yet"),
        (deployment(updatedReplicas=1), "1 of 3 pods are of the new release"),
        (deployment(replicas=4), "1 pods of the old release are still there"),
        (deployment(availableReplicas=2), "2 of 3 pods serve"),
        (deployment(spec={"replicas": 1}, replicas=1, updatedReplicas=1), "1 pods are wanted, not 3 yet"),
    ],
)
def test_it_waits_for_a_deployment_until_the_time_is_over(cluster: Server, unfinished: Object, said: str) -> None:
    cluster.answers[DEPLOYMENT] = unfinished
    assert refusal(cluster, 30).startswith(f"not rolled out after 30 s. backend: {said}.")
    looks = iter([unfinished, unfinished])
    cluster.answers[DEPLOYMENT] = lambda: next(looks, deployment())
    assert ask(cluster, 30) == 6


def test_a_job_must_have_succeeded(cluster: Server) -> None:
    cluster.answers[JOB] = job(None)
    assert refusal(cluster).startswith("not rolled out after 60 s. migration-1 has not finished.")


def test_a_job_that_failed_is_told_at_once_with_its_pods_words(cluster: Server) -> None:
    cluster.answers[JOB] = job("Failed", "Job has reached the specified backoff limit")
    ended = {"terminated": {"exitCode": 1, "message": "no such\n table: users"}}
    cluster.answers[PODS] = {"items": [pod("migration-1-a", ended), pod("migration-1-b", ended)]}
    assert refusal(cluster) == (
        "migration-1 failed: Job has reached the specified backoff limit. "
        "migration-1-a: exit code 1 (no such table: users)"
    )
    selectors = [parse_qs(urlsplit(path).query).get("labelSelector") for path, _ in cluster.asked if PODS in path]
    assert selectors == [["job-name=migration-1"]]


def test_a_deployment_that_gave_up_is_told_at_once(cluster: Server) -> None:
    gave_up = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    cluster.answers[DEPLOYMENT] = deployment(updatedReplicas=1, conditions=[gave_up])
    cluster.answers[PODS] = {"items": [pod("backend-2", {"waiting": {"reason": "ImagePullBackOff"}})]}
    assert refusal(cluster) == "backend: 1 of 3 pods are of the new release. backend-2: ImagePullBackOff"


def test_what_was_said_of_the_release_before_does_not_count(cluster: Server) -> None:
    gave_up = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    looks = iter([deployment(generation=3, conditions=[gave_up])])
    cluster.answers[DEPLOYMENT] = lambda: next(looks, deployment())
    assert ask(cluster) == 3


def test_pods_that_the_cluster_refuses_to_make_are_told(cluster: Server) -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": 'pods "backend-2" is forbidden: violates'}
    cluster.answers[DEPLOYMENT] = deployment(updatedReplicas=0, conditions=[refused])
    assert refusal(cluster).endswith(
        'backend: 0 of 3 pods are of the new release. pods "backend-2" is forbidden: violates'
    )


def test_pods_that_are_going_are_no_reason(cluster: Server) -> None:
    going = pod("old", {"running": {}})
    going["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    cluster.answers |= {DEPLOYMENT: deployment(updatedReplicas=1), PODS: {"items": [going]}}
    assert refusal(cluster).endswith("1 of 3 pods are of the new release.")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            pod("b", {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting"}}),
            "b: CrashLoopBackOff",
        ),
        (
            pod("b", {"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 3, "message": "boom"}}),
            "b: CrashLoopBackOff, b: exit code 3 (boom)",
        ),
        (
            pod("b", {"running": {}}, {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            "b: runs and is not ready, b: exit code 137, OOMKilled",
        ),
        (pod("b", {"running": {}}), "b: runs and is not ready"),
        (pod("b", {"running": {}}, started=False), "b: runs and has not passed its start-up probe"),
        (
            pod("b", {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "x" not found'}}),
            'b: CreateContainerConfigError (configmap "x" not found)',
        ),
        (
            {"metadata": {"name": "b"}, "status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}},
            "b: Evicted (low on memory)",
        ),
        (
            {
                "metadata": {"name": "b"},
                "status": {
                    "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]
                },
            },
            "b: 0/3 nodes are available",
        ),
    ],
)
def test_the_pods_reasons_are_told(cluster: Server, item: Object, said: str) -> None:
    cluster.answers[DEPLOYMENT] = deployment(updatedReplicas=1)
    cluster.answers[PODS] = {"items": [pod("well", {"running": {}}, ready=True), item]}
    assert refusal(cluster).endswith(f"pods are of the new release. {said}")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_cluster_that_refuses_is_asked_again(cluster: Server, status: int) -> None:
    looks = iter([status, status])
    cluster.answers[DEPLOYMENT] = lambda: next(looks, deployment())  # type: ignore[arg-type]  # mypy wants one type
    assert ask(cluster) == 6
    cluster.answers[DEPLOYMENT] = status
    assert f"HTTP Error {status}" in refusal(cluster)


def test_a_connection_that_is_cut_is_made_again(cluster: Server) -> None:
    looks = iter([0, 0])
    cluster.answers[DEPLOYMENT] = lambda: next(looks, deployment())  # type: ignore[arg-type]  # mypy wants one type
    assert ask(cluster) == 6


class Context:
    """What Lambda tells a function of its time."""

    def get_remaining_time_in_millis(self) -> int:
        return 660_000


@pytest.fixture
def answer(run: Callable[[Server], Server], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Object]:
    """Send a request as CloudFormation does, and return what it is answered."""
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    cluster, cloud = run(Server(tls)), run(Server())
    cluster.answers = {DEPLOYMENT: deployment(), JOB: job("Complete"), PODS: {"items": []}}
    monkeypatch.setattr(api, "eks_token", lambda _cluster: TOKEN)
    certificate = base64.b64encode(authority.cert_pem.bytes()).decode()

    def send(
        kind: str = "Create",
        *,
        trusted: str = certificate,
        seconds: str = "0",
        before: Object | None = None,
        **answers: Object,
    ) -> Object:
        cluster.answers |= answers
        properties = PROPERTIES | {
            "Cluster": "slipway",
            "Endpoint": f"https://127.0.0.1:{cluster.port}",
            "Authority": trusted,
            "Seconds": seconds,
        }
        handler.handle(
            {
                "RequestType": kind,
                "ResponseURL": f"http://127.0.0.1:{cloud.port}/answer",
                "StackId": "stack",
                "RequestId": "request",
                "LogicalResourceId": "Gate",
                "ResourceProperties": properties,
                **({} if before is None else {"OldResourceProperties": properties | before}),
            },
            Context(),
        )
        return cloud.received[-1]

    return send


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_cloudformation_is_answered(answer: Callable[..., Object], kind: str) -> None:
    assert answer(kind) == {
        "Status": "SUCCESS",
        "Reason": "rolled out",
        "PhysicalResourceId": "Gate",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Gate",
    }


def test_a_failure_is_answered_with_its_reason(answer: Callable[..., Object]) -> None:
    told = answer(**{JOB: job("Failed", "too late")})
    assert (told["Status"], told["Reason"]) == ("FAILED", "migration-1 failed: too late. ")


def test_a_long_reason_is_cut(answer: Callable[..., Object]) -> None:
    assert len(answer(**{JOB: job("Failed", "x" * 5000)})["Reason"]) == 1000


def test_a_long_reason_of_any_letters_fits_into_cloudformations_answer(answer: Callable[..., Object]) -> None:
    told = answer(**{JOB: job("Failed", "\N{GRINNING FACE}" * 1000)})
    assert told["Reason"].startswith("migration-1 failed: \N{GRINNING FACE}")
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 4096


def test_more_time_alone_asks_nobody(answer: Callable[..., Object]) -> None:
    failed = {JOB: job("Failed")}
    assert answer("Update", before={"Seconds": "600"}, **failed)["Status"] == "SUCCESS"
    assert answer("Update", before={"Endpoint": "https://another"}, **failed)["Status"] == "FAILED"


def test_deleting_it_asks_nobody(answer: Callable[..., Object]) -> None:
    assert answer("Delete", **{JOB: job("Failed")})["Status"] == "SUCCESS"


def test_only_the_clusters_own_authority_is_trusted(answer: Callable[..., Object]) -> None:
    other = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    told = answer(trusted=other)
    assert told["Status"] == "FAILED"
    assert "CERTIFICATE_VERIFY_FAILED" in told["Reason"]


def test_an_authority_without_the_extensions_that_newer_pythons_ask_for_is_trusted(
    answer: Callable[..., Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def make_strictly(*, cadata: str) -> ssl.SSLContext:
        made = make(cadata=cadata)
        made.verify_flags |= ssl.VERIFY_X509_STRICT
        trusting.append(made)
        return made

    monkeypatch.setattr(ssl, "create_default_context", make_strictly)
    assert answer()["Status"] == "SUCCESS"
    assert [trust.verify_flags & ssl.VERIFY_X509_STRICT for trust in trusting] == [0]
    assert [(trust.verify_mode, trust.check_hostname) for trust in trusting] == [(ssl.CERT_REQUIRED, True)]


def test_a_fault_of_the_gate_is_an_answer_too(answer: Callable[..., Object]) -> None:
    told = answer(trusted="no certificate")
    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("the gate itself failed: ")


def test_the_token_is_a_question_to_sts_for_this_cluster_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }.items():
        monkeypatch.setenv(name, value)
    kind, _, encoded = api.eks_token("slipway").partition(".")
    url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = parse_qs(url.query)
    assert kind == "k8s-aws-v1"
    assert url.netloc == "sts.eu-west-2.amazonaws.com"
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]
