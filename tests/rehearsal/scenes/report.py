"""What the scenes came to, as text and as a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import jinja2

HONESTY = {
    "real": "the CDK's commands, CloudFormation's order, exports and roll-backs, manifests, the rollout gate's own "
    "code, NGINX, the application, its database and logins",
    "not": "IAM's verdicts, quotas, time, hosts that boot; and while pods are processes, nothing is claimed about "
    "roll-outs",
}
"""What is real in every scene, and what is not in any."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass
class Scene:
    """What was played.

    Attributes:
        what: what happens.
        real: what is real in it beyond what is in all.
        seen: what was seen, in the order in which it was.
        seconds: how long it took.
        failure: why it failed; nothing if it did not.
    """

    what: str
    real: str = ""
    seen: list[str] = field(default_factory=list)
    seconds: float = 0.0
    failure: str = ""

    @property
    def verdict(self) -> str:
        """How it ended, in a word."""
        return "FAILED" if self.failure else "ok"


def text(scenes: Sequence[Scene]) -> str:
    """Return the report for a terminal."""
    lines = []
    for scene in scenes:
        lines.append(f"{scene.verdict:<7}{scene.seconds:>6.1f} s  {scene.what}")
        lines += [f"{'':<17}{seen}" for seen in [*scene.seen, *([scene.failure] if scene.failure else [])]]
    return "\n".join([*lines, "", f"real: {HONESTY['real']}", f"not real: {HONESTY['not']}", ""])


def write(folder: Path, scenes: Sequence[Scene]) -> None:
    """Write rehearsal.txt and rehearsal.html."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rehearsal.txt").write_text(text(scenes))
    page = _TEMPLATES.get_template("report.html.j2")
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    (folder / "rehearsal.html").write_text(page.render(scenes=scenes, when=when, honesty=HONESTY))
