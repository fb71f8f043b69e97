"""The team's chat is told how a build ended, and nobody is told the chat's address."""

import pytest

from tests.ci.conftest import Server, Workplace

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:chat"
BUILD = {"SLIPWAY_CHAT_SECRET": SECRET, "RESULT": "FAILURE", "BUILD_URL": "http://jenkins.example/1/"}


def test_without_a_chat_nobody_is_told(workplace: Workplace) -> None:
    result = workplace.run("report", RESULT="SUCCESS")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert workplace.calls == []


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
