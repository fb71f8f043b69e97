"""A private repository is asked with the token of the settings, which GitHub alone is told."""

import subprocess

import pytest

from tests.ci.server import Server
from tests.ci.workplace import Workplace

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:github"


def ask(workplace: Workplace, host: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Have Git look for a login as it does when a host asks for one, with what the scripts set up."""
    return subprocess.run(
        ["bash", "-c", ". ci/common.sh && git credential fill"],
        input=f"protocol=https\nhost={host}\n\n",
        cwd=workplace.root,
        env=workplace.environment({"GIT_TERMINAL_PROMPT": "0", **settings}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.full
def test_github_is_told_the_token(workplace: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.secrets[SECRET] = "hush"

    told = ask(workplace, "github.com", **aws, SLIPWAY_GITHUB_TOKEN_SECRET=SECRET)

    assert {"username=x-access-token", "password=hush"} <= set(told.stdout.splitlines()), told.stderr


def test_nobody_else_is_told_it(workplace: Workplace, server: Server, aws: dict[str, str]) -> None:
    server.secrets[SECRET] = "hush"

    told = ask(workplace, "example.com", **aws, SLIPWAY_GITHUB_TOKEN_SECRET=SECRET)

    assert told.returncode != 0
    assert "hush" not in told.stdout + told.stderr


def test_what_git_says_afterwards_is_no_question(workplace: Workplace) -> None:
    """Git tells its helpers, too, that a login was good or bad."""
    command = ["python", "ci/git_credentials.py", "erase"]
    environment = workplace.environment({"SLIPWAY_GITHUB_TOKEN_SECRET": SECRET})
    done = subprocess.run(command, cwd=workplace.root, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_a_token_nothing_is_asked(workplace: Workplace) -> None:
    told = ask(workplace, "github.com", SLIPWAY_GITHUB_TOKEN_SECRET="")

    assert told.returncode != 0
    assert "git_credentials" not in told.stderr


@pytest.mark.full
def test_a_token_that_cannot_be_read_is_one_clear_line(workplace: Workplace, aws: dict[str, str]) -> None:
    told = ask(workplace, "github.com", **aws, SLIPWAY_GITHUB_TOKEN_SECRET=SECRET)

    assert told.returncode != 0
    assert told.stderr.startswith("the token for GitHub cannot be read: ")
