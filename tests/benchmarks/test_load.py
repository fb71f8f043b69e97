"""What wrk says is read right, and what it cannot have meant is refused."""

import re

import pytest

from benchmarks import BenchmarkError
from benchmarks.load import Load

# wrk's own report goes before the line that our script prints.
REPORT = "Running 5s test @ http://127.0.0.1:8080/\n  2 threads and 32 connections\n"
FIGURES = '{"requests": 1000, "microseconds": 5000000, "p50": 1500, "p99": 42000, "failed": 3}\n'


def test_the_last_line_holds_the_figures() -> None:
    assert Load.parse(REPORT + FIGURES) == Load(rate=200, p50=0.0015, p99=0.042, requests=1000, failed=3)


@pytest.mark.parametrize("output", ["", REPORT, '{"requests": 1000}\n', "[]\n", "7\n"])
def test_anything_else_is_shown_to_whoever_runs_it(output: str) -> None:
    with pytest.raises(BenchmarkError, match="something else than its figures:\n" + re.escape(output)):
        Load.parse(output)


def test_no_answer_at_all_is_no_figure() -> None:
    with pytest.raises(BenchmarkError, match="no answer at all, and 7472 failures"):
        Load.parse('{"requests": 0, "microseconds": 5000000, "p50": 0, "p99": 0, "failed": 7472}')


def test_the_middle_is_the_median_of_each_figure_and_the_sum_of_the_counts() -> None:
    loads = [Load(100, 0.3, 0.9, 500, 0), Load(300, 0.1, 0.8, 1500, 2), Load(200, 0.2, 5.0, 1000, 1)]
    assert Load.middle(loads) == Load(200, 0.2, 0.9, 3000, 3)
