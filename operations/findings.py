"""What checks find, and how it is told: each finding with its verdict, and what to do about one that is not ok."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from operations import RefusedError


class Verdict(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one look has come to.

    Attributes:
        what: what was looked at.
        verdict: FAIL stops a deployment or users; WARN costs something else, or could not be looked at.
        seen: what was seen.
        advice: what to do about it; nothing where it is ok.
    """

    what: str
    verdict: Verdict
    seen: str
    advice: str = ""


Subject = TypeVar("Subject")

Check = Callable[[Subject], Iterator[Finding]]
"""Looks at one thing and yields what it finds, one or several. Its name is what the thing is called."""


def ok(what: str, seen: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(what, Verdict.OK, seen)


def warn(what: str, seen: str, advice: str) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(what, Verdict.WARN, seen, advice)


def fail(what: str, seen: str, advice: str) -> Finding:
    """Return a finding that somebody has to do something about."""
    return Finding(what, Verdict.FAIL, seen, advice)


def gather(checks: Iterable[Check[Subject]], subject: Subject) -> Iterator[Finding]:
    """Yield what all `checks` find; one that is refused says so, and does not keep the others from looking.

    Raises:
        OperationsError: nothing can be looked at.
    """
    for check in checks:
        try:
            yield from check(subject)
        except RefusedError as error:
            what = getattr(check, "__name__", "check").replace("_", " ")
            seen, _, advice = str(error).partition("; ")
            yield warn(what, f"cannot look: {seen}", advice)


def table(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a line for each finding, and one below it for what to do."""
    findings = list(findings)
    width = max((len(finding.what) for finding in findings), default=0)
    for finding in findings:
        yield f"  {finding.verdict:<4}  {finding.what:<{width}}  {finding.seen}"
        if finding.advice:
            yield f"  {'':<4}  {'':<{width}}  -> {finding.advice}"


def summary(findings: Iterable[Finding]) -> str:
    """Return how many there are of each verdict, in a line."""
    verdicts = [finding.verdict for finding in findings]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict)
