"""How fast the application is, and how much it takes: `python -m benchmarks` measures, and RESULTS.md tells.

A part is a module with a function `measure`, which starts what it needs, measures and returns a section of the report.
"""

from rehearsal import RehearsalError


class BenchmarkError(RehearsalError):
    """Something cannot be measured. The message is for the person who runs the benchmarks."""
