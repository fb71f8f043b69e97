"""The scenes' table: printed after each run, and written to docs/pods.md by `make pods`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.pods.stage import Scene

COLUMNS = ["scene", "requests", "failed", "slowest", "answers by release", "took", "seen"]

_ABOUT = (Path(__file__).parent / "about.md").read_text()


def table(scenes: Sequence[Scene]) -> str:
    """Return the scenes as Markdown."""
    lines = [COLUMNS, ["---", *["---:"] * 3, "---", "---:", "---"], *(scene.cells() for scene in scenes)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(path: Path, scenes: Sequence[Scene], seconds: float) -> None:
    """Write the page: what was done, when and where, and the table."""
    total = sum(len(scene.load.answers) for scene in scenes)
    took = f"images, start and all scenes took {seconds / 60:.0f} minutes"
    figures = f"{datetime.now(UTC):%Y-%m-%d}: {total:,} requests; {took}."
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{_ABOUT}\n## The last run\n\n{figures}\n\n{table(scenes)}\n")
