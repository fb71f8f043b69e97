"""What is found is told so that somebody can do something about it."""

from collections.abc import Iterator

import pytest

from operations import OperationsError, RefusedError
from operations.findings import Finding, Verdict, fail, gather, ok, summary, table, warn


def one_thing(subject: str) -> Iterator[Finding]:
    yield ok("one thing", subject)


def other_thing(_subject: str) -> Iterator[Finding]:
    raise RefusedError("ec2:DescribeVpcs is not allowed; allow it")
    yield


def nothing_at_all(_subject: str) -> Iterator[Finding]:
    raise OperationsError("AWS is not reached")
    yield


def test_a_check_that_cannot_look_says_so_and_keeps_no_other_from_looking() -> None:
    assert list(gather([other_thing, one_thing], "there")) == [
        Finding("other thing", Verdict.WARN, "cannot look: ec2:DescribeVpcs is not allowed", "allow it"),
        Finding("one thing", Verdict.OK, "there"),
    ]


def test_where_nothing_can_be_looked_at_it_ends() -> None:
    with pytest.raises(OperationsError, match="AWS is not reached"):
        list(gather([nothing_at_all, one_thing], "there"))


def test_the_table_says_what_to_do() -> None:
    findings = [ok("disk", "74 GiB free"), fail("Git", "not there", "apt-get install git")]
    assert list(table(findings)) == [
        "  ok    disk  74 GiB free",
        "  FAIL  Git   not there",
        "              -> apt-get install git",
    ]


def test_the_summary_counts() -> None:
    assert summary([ok("a", "b"), warn("c", "d", "e"), ok("f", "g")]) == "2 ok, 1 warn, 0 FAIL"
