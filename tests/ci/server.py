"""Stands in for what the scripts and playbooks ask over HTTP: AWS, the load balancer, a chat."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Server:
    """Something that answers over HTTP on this machine."""

    url: str
    parameters: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    pages: list[tuple[int, str]] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)
    asked: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    metrics: list[dict[str, Any]] = field(default_factory=list)


def answer_of_aws(state: Server, action: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return what Systems Manager, Secrets Manager or CloudWatch answers."""
    match action:
        case "PutParameter" if request["Name"] in state.parameters and not request.get("Overwrite"):
            return {"__type": "ParameterAlreadyExists"}
        case "PutParameter":
            state.parameters[request["Name"]] = request["Value"]
            state.versions[request["Name"]] += 1
            return {"Version": state.versions[request["Name"]], "Tier": "Standard"}
        case "GetParameter" if request["Name"] in state.parameters:
            parameter = {"Name": request["Name"], "Type": "String", "Value": state.parameters[request["Name"]]}
            return {"Parameter": {**parameter, "Version": state.versions[request["Name"]]}}
        case "GetParameter":
            return {"__type": "ParameterNotFound"}
        case "DescribeParameters":
            names = [name for part in request["ParameterFilters"] for name in part["Values"]]
            return {"Parameters": [{"Name": name, "Version": state.versions[name]} for name in names]}
        case "ListTagsForResource":
            return {"TagList": []}
        case "PutMetricData":
            state.metrics.append(request)
            return {}
        case "GetSecretValue" if request["SecretId"] in state.secrets:
            return {"SecretString": state.secrets[request["SecretId"]]}
        case "GetSecretValue":
            return {"__type": "ResourceNotFoundException"}
    return {"__type": "InvalidAction", "message": action}


@contextmanager
def serve(address: str = "127.0.0.1") -> Iterator[Server]:
    """Serve `pages` (status and X-Release; the last one for ever) on GET.

    On POST it is AWS: SSM with its parameters, Secrets Manager with its secrets, CloudWatch, which notes metrics. What
    else is posted it keeps, unless the path ends with `refused`.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, release = state.pages[min(state.asked, len(state.pages) - 1)]
            state.asked += 1
            self._send(status, b"", {"X-Release": release})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if not action:
                state.posted.append(json.loads(body))
                self._send(403 if self.path.endswith("refused") else 200, b"", {})
                return
            answer = answer_of_aws(state, action, json.loads(body))
            self._send_json(400 if "__type" in answer else 200, answer)

        def _send_json(self, status: int, answer: dict[str, Any]) -> None:
            self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.1"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer((address, 0), Handler) as httpd:
        state = Server(url=f"http://{address}:{httpd.server_port}")
        thread = Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            httpd.shutdown()
            thread.join()


def aws_at(server: Server) -> dict[str, str]:
    """Return the settings with which boto3 takes `server` for AWS, and of the region what an agent has."""
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
