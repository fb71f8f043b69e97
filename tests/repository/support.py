"""Until when what we build on is supported: the rows of docs/support.toml and what they say on a day."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]


class UnsupportedError(AssertionError):
    """A pinned version is past its support, or is another than the one that the table speaks of."""


@dataclass(frozen=True)
class Row:
    """One version that we have pinned; docs/support.toml tells what its fields mean."""

    what: str
    file: str
    pattern: str
    version: str
    source: str
    checked: date
    end: date | None = None
    note: str = ""
    warn_days: int = 90

    def check(self, today: date, root: Path = ROOT) -> str:
        """Return a warning if the end is near, else nothing.

        Raises:
            UnsupportedError: the support is over, or another version is pinned.
        """
        pinned = re.search(self.pattern, (root / self.file).read_text("utf-8"))
        if pinned is None or pinned[1] != self.version:
            found = pinned[1] if pinned else "nothing"
            raise UnsupportedError(
                f"{self.what}: {self.file} pins {found}, docs/support.toml speaks of {self.version}; "
                f"look up the new end at {self.source}"
            )
        if self.end is None or today < self.end - timedelta(days=self.warn_days):
            return ""
        told = f"{self.what}: support of {self.version}, pinned in {self.file}, {{}} on {self.end} ({self.source})"
        if today > self.end:
            raise UnsupportedError(told.format("ended"))
        return told.format("ends")


ROWS = [Row(**row) for row in tomllib.loads((ROOT / "docs/support.toml").read_text("utf-8"))["row"]]
