"""The pipeline's build and test for real: images, suites in containers, and a database that takes tokens as RDS does.

Tokens are signed by the real boto3 with a key that nobody owns, and judged by it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from xml.etree import ElementTree

import pytest

from rehearsal import rds_token, token_database
from rehearsal.token_database import TokenDatabase
from tests.ci.server import Server, aws_at, serve
from tests.ci.workplace import commit
from tests.engine import engine

missing = token_database.what_is_missing()
pytestmark = [pytest.mark.container, pytest.mark.skipif(missing is not None, reason=missing or "")]

KEY, REGION = aws_at(Server("nowhere"))["AWS_SECRET_ACCESS_KEY"], "eu-west-2"
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:master"
PATIENCE = 120


@dataclass
class TestHost:
    """This machine as a test host: a workspace for each of two builds, the database, and the settings of both."""

    __test__ = False

    workspaces: list[Path]
    database: TokenDatabase
    environment: dict[str, str]

    def start(self, workspace: Path) -> subprocess.Popen[str]:
        """Start the test of a build."""
        return subprocess.Popen(
            ["ci/test"],
            cwd=workspace,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def schemas(self) -> set[str]:
        """Return the schemas of test runs that are there."""
        return set(self.database.mariadb.sql(r"SHOW DATABASES LIKE 'test\_%'").split())


@pytest.fixture(scope="module")
def host(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHost]:
    home = tmp_path_factory.mktemp("host")
    judge = [sys.executable, "-S", rds_token.__file__, "127.0.0.1:PORT", KEY, REGION]
    with token_database.running(home / "database", judge) as database, serve() as aws:
        aws.secrets[SECRET] = json.dumps({"username": "test", "password": "test"})
        options = [f"--env={name}={value}" for name, value in aws_at(aws).items()]
        options.append(f"--volume={database.authority}:/app/rds-ca.pem:ro")
        environment = {
            **os.environ,
            "DOCKER": str(engine(home, options)),
            "BASE_IMAGE": base,
            "SLIPWAY_TEST_DATABASE_HOST": "127.0.0.1",
            "SLIPWAY_TEST_DATABASE_PORT": str(database.mariadb.port),
            "SLIPWAY_TEST_DATABASE_SECRET": SECRET,
            "AWS_REGION": REGION,
        }
        workspaces = [commit(tmp_path_factory.mktemp("workspace"), "ci", "services") for _ in range(2)]
        for workspace in workspaces:
            subprocess.run(["ci/build"], cwd=workspace, env=environment, check=True)
        yield TestHost(workspaces, database, environment)
        for workspace in workspaces:
            subprocess.run(["ci/clean"], cwd=workspace, env=environment, check=True)


def finished(build: subprocess.Popen[str]) -> str:
    """Wait for a build's verdict, and return its log."""
    said, _ = build.communicate(timeout=600)
    assert build.returncode == 0, said
    return said


def wait_for_schema(host: TestHost, others: set[str]) -> str:
    """Return the schema that a build has made beside those of others."""
    end = monotonic() + PATIENCE
    while not host.schemas() - others:
        assert monotonic() < end, "the build never made its schema"
        sleep(0.1)
    (schema,) = host.schemas() - others
    return schema


def test_two_builds_at_once_pass_and_one_that_was_killed_leaves_nothing_behind(host: TestHost) -> None:
    killed = host.start(host.workspaces[0])
    left = wait_for_schema(host, set())
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=PATIENCE)

    builds = [host.start(workspace) for workspace in host.workspaces]
    logs = [finished(build) for build in builds]

    for log, workspace in zip(logs, host.workspaces, strict=True):
        assert "Required test coverage of 95" in log
        assert log.count("TOTAL") == 2, "the coverage of both services is in the log"
        for service in ("backend", "frontend"):
            results = workspace / ".slipway/reports" / service
            suite = ElementTree.parse(results / "junit.xml").getroot()[0].attrib  # noqa: S314 - of our own suite
            assert int(suite["tests"]) > 50
            assert (int(suite["errors"]), int(suite["failures"])) == (0, 0)
            assert (results / "coverage.xml").stat().st_size > 0
    assert left not in host.schemas()
    assert host.schemas() == set()
