"""Every command that the documents show is tried: by a test that exists, or here; what cannot be says why."""

import ast
import os
import re
import shlex
import subprocess
import tomllib
from itertools import dropwhile, pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest

from cdk_app.settings import Settings
from rehearsal.deployment import STACKS
from tests.rehearsal.clones import copied
from tests.repository.aws_commands import Command as AwsCommand
from tests.repository.aws_commands import found, wrong
from tests.repository.documents import ROOT, blocks, commands, documents, tokens

TRIED: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/repository/commands.toml").read_text("utf-8"))["tried"]
LISTED = [command.strip() for row in TRIED for command in row["commands"]]
MEANT = [path for path in documents() if path != "CHANGELOG.md" and not path.startswith("docs/decisions/")]
SHOWN = {command: path for path in MEANT for command in commands(path)}
"""What a reader may type; decisions and changelog tell of their day."""
TO_BE_LISTED = {command: path for command, path in SHOWN.items() if not path.startswith("docs/runbook/")}
"""A page of the runbook says itself what exercises it: test_runbook.py."""

BEFORE = r"(?:sudo|[A-Z_]+=\S+)"


def beginning(program: str) -> list[str]:
    """Return the commands of a program, also behind sudo and settings of the environment."""
    return [command for command in SHOWN if re.match(rf"({BEFORE} )*{program}\b", command)]


def test_every_command_of_the_documents_is_listed() -> None:
    assert {command: path for command, path in TO_BE_LISTED.items() if command not in LISTED} == {}


def test_every_listed_command_is_in_a_document_and_listed_once() -> None:
    assert [command for command in LISTED if command not in SHOWN] == []
    assert [command for command in LISTED if LISTED.count(command) > 1] == []


@pytest.mark.parametrize("row", TRIED, ids=lambda row: row["commands"][0])
def test_what_is_said_to_try_a_command_is_there(row: dict[str, Any]) -> None:
    assert ("by" in row) != ("not_run" in row)
    if "by" not in row:
        assert row["not_run"]
        return
    file, _, name = row["by"].partition("::")
    assert file != "Makefile", "a target that stands there has not run yet"
    text = (ROOT / file).read_text("utf-8")
    if name:
        functions = {item.name: item for item in ast.walk(ast.parse(text)) if isinstance(item, ast.FunctionDef)}
        begin = min([functions[name].lineno, *(node.lineno for node in functions[name].decorator_list)])
        text = "\n".join(text.splitlines()[begin - 1 : functions[name].end_lineno])
    assert row["says"] in text


@pytest.mark.parametrize("path", MEANT)
def test_the_shell_understands_every_block(path: str) -> None:
    for block in blocks(path):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [path for path in documents() if path != "CHANGELOG.md"])
def test_every_target_of_make_that_a_document_names_exists(path: str) -> None:
    named = [word for command in commands(path) for word in _words(command, "make") if "=" not in word]
    assert [name for name in named if not re.search(rf"^{name}\b.*:(?!=)", _makefile(), re.MULTILINE)] == []


def test_every_variable_that_make_is_given_is_read_by_something() -> None:
    given = {word.split("=")[0] for command in beginning("make") for word in _words(command, "make") if "=" in word}
    files = [ROOT / "Makefile", *(ROOT / "ci").glob("[a-z]*[a-z]"), *(ROOT / "tests/pods").glob("*.py")]
    read = "\n".join(path.read_text("utf-8") for path in files if path.is_file())
    assert given
    assert [name for name in given if not re.search(rf"\b{name}\b", read)] == []


SCRIPTS = {script for line in SHOWN for script in re.findall(r"(?<!\S)ci/[\w-]+(?![\w.])", line)}


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_a_script_can_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o100


@pytest.mark.parametrize("command", beginning("cdk"))
def test_the_cdk_is_given_stacks_and_settings_that_there_are(command: str) -> None:
    words = _words(command, "cdk")
    settings = [after for word, after in pairwise(words) if word == "-c"]
    Settings.from_context(dict(setting.split("=", 1) for setting in settings))
    stacks = [word for word in words[1:] if not word.startswith("-") and word not in settings]
    assert set(stacks) <= set(STACKS)


OF_AWS = sorted({command for line in SHOWN for command in found(line)})


@pytest.mark.parametrize("command", OF_AWS, ids=lambda command: f"{command.service} {command.operation}")
def test_aws_takes_every_command(command: AwsCommand) -> None:
    assert wrong(command) == []


def test_no_command_of_aws_is_passed_over() -> None:
    for path in MEANT:
        text = "\n".join([*blocks(path), *(token.content for token in tokens(path) if token.type == "code_inline")])
        named = {" ".join(span.split()) for span in re.findall(r"(?<![\w./-])aws\s+[a-z0-9]+\s+[a-z-]+", text)}
        seen = {f"aws {it.service} {it.operation}" for line in commands(path) for it in found(line)}
        assert named == seen, path


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("aws rds describe-instances", "aws rds describe-instances: there is no such command"),
        ("aws rdbs describe-db-instances", "aws rdbs describe-db-instances: there is no such command"),
        ("aws ssm start-session --target i-1 --instance i-1", "aws ssm start-session: it takes no --instance"),
        ("aws ssm start-session --reason y", "aws ssm start-session: it wants --target"),
        ('aws ssm start-session --target "$(aws ec2 describe-instances --name x)" --reason y', "--name"),
        ("aws rds wait db-available", "nothing of that name to wait for"),
        ("aws rds wait db-instance-available --identifier x", "it takes no --identifier"),
        (
            "aws rds restore-db-instance-to-point-in-time --target-db-instance-identifier x "
            "--manage-master-user-password",
            "--manage-master-user-password is for Oracle alone",
        ),
    ],
)
def test_what_aws_would_not_take_is_seen(line: str, complaint: str) -> None:
    (problem,) = [problem for command in found(line) for problem in wrong(command)]
    assert complaint in problem


@pytest.mark.parametrize("command", ["python -m benchmarks --help", "make board"])
def test_a_command_that_costs_nothing_runs(command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "JIRA"))}
    done = subprocess.run(shlex.split(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_account_of_the_board_is_named_as_the_board_reads_it() -> None:
    lines = "\n".join(command for command in LISTED if "JIRA_TOKEN" in command or "JIRA_URL" in command)
    script = f"{lines}\nenv"
    done = subprocess.run(["bash", "-c", script], input="secret\n", capture_output=True, text=True, check=True)
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("JIRA_"))
    assert told.pop("JIRA_TOKEN") == "secret"
    assert set(told) == {"JIRA_URL", "JIRA_EMAIL"}
    assert all(name in (ROOT / "board/__main__.py").read_text() for name in (*told, "JIRA_TOKEN"))


def test_a_release_is_tagged_and_taken_over_by_a_clone(tmp_path: Path) -> None:
    """Make a clone one's own as the README has it, tag and push upstream as docs/upgrades.md has it, and merge that."""
    shown = [command for command in LISTED if command.startswith("git ") and command != "git push"]
    upstream, own, older, maker = (tmp_path / name for name in ("upstream.git", "own.git", "older", "maker"))
    of_maker = ("git tag", "git push origin")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "config"), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(folder: Path, command: str) -> None:
        subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, check=True, capture_output=True)

    (clone,) = [command for command in shown if command.startswith("git clone")]
    address = shlex.split(clone)[2]
    (own_address,) = [shlex.split(command)[4] for command in shown if command.startswith("git remote set-url")]
    (tmp_path / "config").write_text(
        f'[user]\nname=a\nemail=a@b.example\n[init]\ndefaultBranch=main\n[url "{upstream}"]\ninsteadOf={address}\n'
        f'[url "{own}"]\ninsteadOf={own_address}\n'
    )
    git(tmp_path, f"git init --bare {upstream} && git init --bare {own} && git init {older} && git init {maker}")
    git(older, "echo one >file && git add . && git commit -m one && git push " + address + " main")
    git(older, f"git remote add origin {address}")
    git(tmp_path, f"{clone} && test -f file && mv $PWD/.git {maker}/made && cp -r {maker}/made/. {maker}/.git")
    git(maker, "git reset --hard && echo two >file && git commit -am two")
    for command in shown:
        if command.startswith(of_maker):
            git(maker, command)
    for command in shown:
        if not command.startswith((*of_maker, "git clone")):
            git(older, command)
    assert (older / "file").read_text() == "two\n"
    git(own, "git cat-file -e main:file")


@pytest.mark.full
def test_stacks_and_manifests_are_written(tmp_path: Path) -> None:
    with copied(tmp_path / "clone") as clone:
        done = clone.run("synth")
        assert done.returncode == 0, done.stderr
        assert {path.name.split(".")[0] for path in (clone.path / "cdk.out").glob("*.template.json")} >= set(STACKS)
        assert list((clone.path / "dist/manifests").glob("*.yaml"))


def _words(command: str, program: str) -> list[str]:
    """Return the words behind a program's name; none if the command is another program's."""
    words = shlex.split(command) if "<<" not in command else command.split()
    words = list(takewhile(lambda word: word != "|", words))
    words = list(dropwhile(lambda word: re.fullmatch(BEFORE, word), words))
    return words[1:] if words[:1] == [program] else []


def _makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")
