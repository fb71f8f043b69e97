"""Load by wrk, and what it comes to."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks import BenchmarkError

_SCRIPT = Path(__file__).with_name("wrk.lua")
_THREADS = 2
_MICROSECONDS = 1e6


@dataclass(frozen=True)
class Load:
    """What one contestant did in one turn, or in the middle of several.

    Attributes:
        rate: answers a second.
        p50: seconds within which half of the requests were answered.
        p99: seconds within which 99 of 100 were.
        requests: how many were answered.
        failed: how many were not, or with an error's status.
    """

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int

    @classmethod
    def parse(cls, output: str) -> Self:
        """Read what wrk.lua prints at the end of wrk's own output.

        Raises:
            BenchmarkError: it is not there, or nothing was answered.
        """
        try:
            told = json.loads(output.strip().splitlines()[-1])
            if not told["requests"]:
                raise BenchmarkError(f"wrk got no answer at all, and {told['failed']} failures")
            return cls(
                rate=told["requests"] / (told["microseconds"] / _MICROSECONDS),
                p50=told["p50"] / _MICROSECONDS,
                p99=told["p99"] / _MICROSECONDS,
                requests=told["requests"],
                failed=told["failed"],
            )
        except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
            raise BenchmarkError(f"wrk said something else than its figures:\n{output}") from None

    @classmethod
    def middle(cls, loads: Sequence[Self]) -> Self:
        """Return the median of each figure, and the sums of the counts."""
        return cls(
            rate=median(load.rate for load in loads),
            p50=median(load.p50 for load in loads),
            p99=median(load.p99 for load in loads),
            requests=sum(load.requests for load in loads),
            failed=sum(load.failed for load in loads),
        )


def run(url: str, *, seconds: float, connections: int = 32) -> Load:
    """Ask for `url` over so many connections at once, each as soon as it has its last answer.

    Raises:
        BenchmarkError: there is no wrk, or it failed.
    """
    if not (wrk := shutil.which("wrk")):
        raise BenchmarkError("no wrk here: apt-get install wrk")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [
            wrk,
            f"-t{min(connections, _THREADS)}",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout=30s",
            f"--script={_SCRIPT}",
            url,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"wrk failed on {url}:\n{done.stdout}{done.stderr}")
    return Load.parse(done.stdout)
