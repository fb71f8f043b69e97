"""What runs in the images is what the repository is tested with, byte by byte."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(
    path.relative_to(ROOT)
    for pattern in (
        "requirements*.txt",
        "services/*/requirements*.txt",
        "ansible/requirements.txt",
        "rehearsal/aws/requirements.txt",
        "ci/uv.txt",
    )
    for path in ROOT.glob(pattern)
)
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, set[str]]:
    """Return the versions of each package; a package may have one for each Python."""
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall((ROOT / path).read_text()):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_every_package_is_pinned_with_its_hashes(lock: Path) -> None:
    text = (ROOT / lock).read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert PINNED.match(entry), f"{lock}: {entry.splitlines()[0]} is not pinned"
        assert "--hash=sha256:" in entry, f"{lock}: {entry.splitlines()[0]} has no hash"


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_a_service_ships_the_versions_that_the_repository_is_tested_with(service: str) -> None:
    repository = pins(Path("requirements.txt"))
    for name, versions in pins(Path("services", service, "requirements.txt")).items():
        assert versions <= repository[name], f"{service} ships {name} {versions}, tested is {repository[name]}"
