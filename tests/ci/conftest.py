"""A scratch clone in which the pipeline's scripts really run; only docker, skopeo, cdk and make are stood in for."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass
class Workplace:
    """A clone of the repository's pipeline and what happens in it."""

    root: Path
    tools: Path
    commit: str

    def run(self, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a script of ci/ to its end."""
        return subprocess.run(
            [f"ci/{script}", *arguments], cwd=self.root, env=self.environment(settings), capture_output=True, text=True
        )

    def start(self, script: str, **settings: str) -> subprocess.Popen[str]:
        """Start a script of ci/ in a process group of its own."""
        return subprocess.Popen(
            [f"ci/{script}"],
            cwd=self.root,
            env=self.environment(settings),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        path = f"{self.tools}:{Path(sys.executable).parent}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.root), "GIT_CONFIG_GLOBAL": "/dev/null", **settings}

    def order(self, *orders: tuple[list[str], str]) -> None:
        """Make the first call that holds all the words fail or hang."""
        (self.tools / "orders.json").write_text(json.dumps(orders))

    @property
    def registry(self) -> dict[str, str]:
        content: dict[str, str] = json.loads((self.tools / "registry.json").read_text())
        return content

    @registry.setter
    def registry(self, content: dict[str, str]) -> None:
        (self.tools / "registry.json").write_text(json.dumps(content))

    @property
    def calls(self) -> list[list[str]]:
        """The calls of the stand-ins, in order."""
        path = self.tools / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def called(self, *words: str) -> list[list[str]]:
        """The calls that hold all the words."""
        return [call for call in self.calls if all(any(word in argument for argument in call) for word in words)]


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(directory), "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, *folders: str) -> Path:
    """Make a repository of one commit, which holds these folders of ours, and return it."""
    for folder in folders:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
    shutil.copy(ROOT / ".gitignore", root)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "a commit to release")
    return root


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the scripts and nothing else, made once; every workplace is a copy of it."""
    return commit(tmp_path_factory.mktemp("committed"), "ci")


@pytest.fixture
def workplace(tmp_path: Path, committed: Path) -> Workplace:
    root = tmp_path / "clone"
    shutil.copytree(committed, root)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "stand_in.py").write_text(f"#!{sys.executable} -IS\n{STAND_IN.read_text()}")
    (tools / "stand_in.py").chmod(0o755)
    for name in ("docker", "skopeo", "cdk", "make"):
        (tools / name).symlink_to("stand_in.py")
    place = Workplace(root, tools, commit=git(root, "rev-parse", "HEAD"))
    place.order()
    place.registry = {}
    return place


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
    """Return the settings with which boto3 takes `server` for AWS."""
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def aws(server: Server) -> dict[str, str]:
    return aws_at(server)
