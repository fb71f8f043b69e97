"""A Dockerfile tells the rehearsal how its process starts."""

from pathlib import Path

import pytest

from rehearsal import RehearsalError, dockerfile

BUILD = """\
ARG BASE
FROM ${BASE} AS build
ENV GRANIAN_PORT=1
CMD ["not", "this"]
FROM ${BASE} AS runtime
ENV GRANIAN_HOST=0.0.0.0 \\
    GRANIAN_PORT=5001
CMD ["granian", "application:app"]
FROM runtime AS test
CMD ["nor", "this"]
"""


def test_command_and_environment_are_those_of_the_runtime_stage(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BUILD)
    start = dockerfile.read(tmp_path / "Dockerfile")
    assert start.command == ["granian", "application:app"]
    assert start.environment == {"GRANIAN_HOST": "0.0.0.0", "GRANIAN_PORT": "5001"}  # noqa: S104 - in an image


def test_a_runtime_stage_without_a_command_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM base AS runtime\n")
    with pytest.raises(RehearsalError, match='"runtime" has no CMD'):
        dockerfile.read(tmp_path / "Dockerfile")
