"""The commands as they are typed: what they print, and how they end."""

from collections.abc import Iterator

import pytest

from operations import access, deployed, machine, offers, quotas, sign_in
from operations.__main__ import main
from operations.findings import Check, Finding, fail, ok
from operations.machine import Machine


def fit(_: object) -> Iterator[Finding]:
    yield ok("thing", "there")


def unfit(_: object) -> Iterator[Finding]:
    yield fail("thing", "not there", "get it")


@pytest.mark.parametrize(("check", "status"), [(fit, 0), (unfit, 1)])
def test_the_doctor_ends_with_1_where_something_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], check: Check[Machine], status: int
) -> None:
    monkeypatch.setattr(machine, "CHECKS", (check,))
    assert main(["doctor"]) == status
    said = capsys.readouterr().out
    assert said.startswith("This machine\n\n  ")
    assert said.endswith(" ok, 0 warn, 1 FAIL\n" if status else "1 ok, 0 warn, 0 FAIL\n")
    assert "The account" not in said


def test_an_account_is_asked_for_where_there_are_credentials_or_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "CHECKS", (fit,))
    assert main(["doctor", "--account", "1"]) == 1
    assert capsys.readouterr().err.startswith("slipway: no credentials of AWS here; sign in")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert main(["doctor", "--account", "0"]) == 0
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err.startswith("slipway: no region is set")


def test_the_account_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    for module in (machine, access, offers):
        monkeypatch.setattr(module, "CHECKS", (fit,))
    monkeypatch.setattr(quotas, "CHECKS", (unfit,))
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "The account\n\n" in said
    assert said.endswith("3 ok, 0 warn, 1 FAIL\n")


def test_a_machine_without_node_is_told_before_settings_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def node(_: object) -> Iterator[Finding]:
        yield fail("Node", "not there", "make install")

    monkeypatch.setattr(machine, "CHECKS", (node,))
    monkeypatch.setattr(sign_in, "session", lambda: pytest.fail("the account is looked at"))
    assert main(["doctor", "--account", "1"]) == 1
    assert "-> make install" in capsys.readouterr().out


@pytest.mark.parametrize(("check", "status"), [(fit, 0), (unfit, 1)])
def test_status_ends_with_1_where_something_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], check: Check[Machine], status: int
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(deployed, "CHECKS", (check,))
    assert main(["status"]) == status
    assert capsys.readouterr().out.startswith("What is deployed\n\n  ")


def test_what_is_asked_for_wrongly_is_refused_before_anything_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--since", "yesterday"]) == 1
    assert capsys.readouterr().err.startswith("slipway: SINCE=yesterday: allowed is a number")
