"""From a developer's push to the page: webhook, pipeline, registry, roll-out; on pods in containers, under load."""

import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import urllib3

from rehearsal import http_api
from rehearsal.aws.client import Connect
from slipway.webhook_entrance import PATH
from slipway.webhook_handler import handler
from tests.ci.workplace import git
from tests.engine import engine
from tests.jenkins import Jenkins, serving
from tests.rehearsal.clones import Clone
from tests.rehearsal.scenes.conftest import Play
from tests.rehearsal.scenes.pipeline import SPARED, Pipeline
from tests.rehearsal.scenes.registry import skopeo
from tests.rehearsal.scenes.users import unnoticed

pytestmark = pytest.mark.rehearsal

BASE = Path("services/frontend/application/templates/base.html")
NEWS = "pushed by a developer"
REAL = (
    "git, the signature and the webhook's code, the secret in Secrets Manager, the steps that the Jenkinsfile names, "
    "suites in the images on the test database with its logins by token, a registry, roll-out and record; "
    f"not played: {', '.join(SPARED)}, and Jenkins is a stand-in"
)

_NOT_THEIRS = shutil.ignore_patterns(".venv", "node_modules", ".slipway", "cdk.out", "__pycache__")


@dataclass
class Repository:
    """A developer's clone, and the bare repository that it pushes to."""

    clone: Path
    bare: Path

    def push(self, file: Path, before: str, after: str) -> str:
        """Push a commit that changes one text of a file; return its hash."""
        text = (self.clone / file).read_text()
        assert text.count(before) == 1
        (self.clone / file).write_text(text.replace(before, after))
        git(self.clone, "commit", "--quiet", "--all", "--message", "a change")
        git(self.clone, "push", "--quiet", str(self.bare), "main")
        return git(self.clone, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def repository(containers: Clone, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository that holds what is deployed; its settings are those of the rehearsal."""
    home = tmp_path_factory.mktemp("repository")
    clone, bare = home / "clone", home / "bare.git"
    shutil.copytree(containers.path, clone, ignore=_NOT_THEIRS)
    settings = json.loads((clone / "cdk.json").read_text())
    settings["context"] |= {"protect": False, "gate_minutes": 4}
    (clone / "cdk.json").write_text(json.dumps(settings, indent=2))
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "--message=all"]):
        git(clone, *command)
    git(home, "clone", "--quiet", "--bare", str(clone), str(bare))
    return Repository(clone, bare)


@pytest.fixture
def pipeline(
    containers: Clone, cloud: Connect, repository: Repository, registry: str, base: str, tmp_path: Path
) -> Pipeline:
    """The pipeline of that repository, told what Ansible tells its agents."""
    aws = containers.aws()
    (test,) = cloud("rds").describe_db_instances(DBInstanceIdentifier="slipway-test")["DBInstances"]
    options = [f"--env={name}={value}" for name, value in aws.items()]
    options.append(f"--volume={containers.path / '.slipway/databases/authorities.pem'}:/app/rds-ca.pem:ro")
    # the load balancer's name, which no DNS knows, leads to this machine
    (tmp_path / ".curlrc").write_text(f'connect-to = "::127.0.0.1:{containers.port}"\n')
    return Pipeline(
        tmp_path,
        repository.bare,
        {
            **aws,
            "PATH": f"{skopeo(tmp_path).parent}:{os.environ['PATH']}",
            "DOCKER": str(engine(tmp_path, options)),
            "BASE_IMAGE": base,
            "CURL_HOME": str(tmp_path),
            "SLIPWAY_CANDIDATE_REGISTRY": f"{registry}/slipway/candidate",
            "SLIPWAY_RELEASE_REGISTRY": f"{registry}/slipway",
            "SLIPWAY_TEST_DATABASE_HOST": test["Endpoint"]["Address"],
            "SLIPWAY_TEST_DATABASE_PORT": str(test["Endpoint"]["Port"]),
            "SLIPWAY_TEST_DATABASE_SECRET": test["MasterUserSecret"]["SecretArn"],
        },
    )


@dataclass
class GitHub:
    """What delivers webhooks.

    Attributes:
        jenkins: whom the webhook's function asks to look for changes.
    """

    jenkins: Jenkins
    _url: str
    _secret: str
    _repository: str

    def deliver(self, *, signed: bool = True) -> int:
        """Tell of a push; return the status of the answer."""
        body = json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": self._repository}}).encode()
        headers = {"Content-Type": "application/json", "X-GitHub-Event": "push"}
        if signed:
            headers["X-Hub-Signature-256"] = "sha256=" + hmac.digest(self._secret.encode(), body, hashlib.sha256).hex()
        return urllib3.request("POST", self._url, body=body, headers=headers, timeout=10).status


@contextmanager
def entrance(cloud: Connect, aws: Mapping[str, str]) -> Iterator[GitHub]:
    """Run the webhook's function with the settings of the one that is deployed, but for where Jenkins is."""
    functions = cloud("lambda").list_functions()["Functions"]
    told = [one["Environment"]["Variables"] for one in functions if "Environment" in one]
    (settings,) = (variables for variables in told if "TRIGGER_URL" in variables)
    with serving() as jenkins, pytest.MonkeyPatch.context() as function:
        trigger = urlsplit(settings["TRIGGER_URL"])._replace(netloc=jenkins.address).geturl()
        for name, value in (aws | settings | {"TRIGGER_URL": trigger}).items():
            function.setenv(name, value)
        function.delenv("AWS_PROFILE", raising=False)  # a developer's
        function.setattr(boto3, "DEFAULT_SESSION", None)
        secret = cloud("secretsmanager").get_secret_value(SecretId=settings["SECRET_ARN"])["SecretString"]
        with http_api.serve(handler.handle, PATH) as url:
            yield GitHub(jenkins, url, secret, settings["REPOSITORY"])


def test_a_push_reaches_users(
    containers: Clone, cloud: Connect, repository: Repository, pipeline: Pipeline, play: Play
) -> None:
    with (
        play("a push, end to end, under load", real=REAL) as scene,
        entrance(cloud, containers.aws()) as github,
        unnoticed(containers, scene) as load,
    ):
        commit = repository.push(BASE, "</body>", f"{NEWS}</body>")
        assert (github.deliver(signed=False), github.jenkins.asked) == (401, [])

        assert github.deliver() == 202
        assert len(github.jenkins.asked) == 1
        build = pipeline.look()
        assert build is not None
        assert not build.failed, f"{build.failed}: {build.log}"
        assert NEWS in containers.page()
        assert build.said["ci/test"].count("TOTAL") == 2, "the coverage of both services is in the log"
        record = cloud("ssm").get_parameter(Name="/slipway/release/last-good")["Parameter"]["Value"]
        assert json.loads(record)["release"] == commit

        assert github.deliver() == 202
        assert pipeline.look() is None, "a call that comes twice builds nothing"
    assert load.answers[-1].release == commit
