from pathlib import Path

import pytest

from tests.stacks.synthesis import STACKS, Synthesis, synthesise


@pytest.mark.full
def test_a_second_run_writes_the_same_bytes(synthesis: Synthesis, tmp_path: Path) -> None:
    again = synthesise(tmp_path)
    names = [f"{stack}.{kind}.json" for stack in STACKS for kind in ("template", "assets")]
    assert [name for name in names if _read(synthesis, name) != _read(again, name)] == []


def test_nothing_is_looked_up(synthesis: Synthesis) -> None:
    manifest = (synthesis.directory / "manifest.json").read_text("utf-8")
    assert '"missing"' not in manifest
    environments = {synthesis.artifacts[stack]["environment"] for stack in STACKS}
    assert environments == {"aws://unknown-account/unknown-region"}


def _read(synthesis: Synthesis, name: str) -> bytes:
    return (synthesis.directory / name).read_bytes()
