"""CloudWatch and the team's chat are told how a build ended, and nobody is told the chat's address."""

import pytest

from tests.ci.server import Server
from tests.ci.workplace import Workplace

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:chat"
BUILD = {"SLIPWAY_CHAT_SECRET": SECRET, "RESULT": "FAILURE", "BUILD_URL": "http://jenkins.example/1/"}


@pytest.mark.full
@pytest.mark.parametrize(
    ("result", "told"), [("SUCCESS", [0]), ("UNSTABLE", [1]), ("FAILURE", [1]), ("ABORTED", []), ("NOT_BUILT", [])]
)
def test_cloudwatch_is_told_whether_the_build_failed(
    workplace: Workplace, server: Server, aws: dict[str, str], result: str, told: list[int]
) -> None:
    done = workplace.run("report", RESULT=result, BUILD_URL=BUILD["BUILD_URL"], **aws)

    assert done.returncode == 0, done.stderr
    assert [item["Value"] for request in server.metrics for item in request["MetricData"]] == told
    assert {request["Namespace"] for request in server.metrics} <= {"Slipway/Pipeline"}
    assert server.posted == []


@pytest.mark.full
def test_the_chat_is_told_where_cloudwatch_cannot_be(workplace: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.secrets[SECRET] = f"{server.url}/hook"

    result = workplace.run("report", **BUILD, **aws, AWS_ENDPOINT_URL_CLOUDWATCH="http://127.0.0.1:9")

    assert result.returncode == 1
    assert result.stderr.startswith("CloudWatch could not be told FailedBuilds: ")
    assert len(server.posted) == 1


@pytest.mark.full
def test_the_chat_is_told_how_the_build_ended(workplace: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.secrets[SECRET] = f"{server.url}/hook"

    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 0, result.stderr
    assert server.posted == [{"text": f"Slipway {workplace.commit[:12]}: FAILURE http://jenkins.example/1/"}]


@pytest.mark.full
@pytest.mark.parametrize("address", ["http://127.0.0.1:9/secret-path", "{url}/secret-path/refused"])
def test_a_chat_that_cannot_be_told_is_not_named(
    workplace: Workplace, server: Server, aws: dict[str, str], address: str
) -> None:
    server.secrets[SECRET] = address.format(url=server.url)

    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 1
    assert result.stderr.startswith("the chat could not be told: ")
    assert "secret-path" not in result.stdout + result.stderr


@pytest.mark.full
def test_a_secret_that_is_not_there_is_one_clear_line(workplace: Workplace, aws: dict[str, str]) -> None:
    result = workplace.run("report", **BUILD, **aws)

    assert result.returncode == 1
    assert result.stderr.startswith("the chat could not be told: ")
    assert result.stderr.count("\n") == 1
