"""Every change of a manifest is seen by a person: `make snapshots` renews them, the diff is reviewed."""

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class YamlSnapshot(SingleFileSnapshotExtension):
    """One plain YAML file a chart."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"


@pytest.mark.parametrize("chart", ["namespace", "migration", "backend", "frontend", "proxy"])
def test_snapshot(chart: str, files: dict[str, str], snapshot: SnapshotAssertion) -> None:
    (text,) = (text for name, text in files.items() if name.endswith(f"-{chart}.yaml"))
    assert text == snapshot(extension_class=YamlSnapshot)
