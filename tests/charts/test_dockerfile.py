"""A Dockerfile tells how its process starts."""

from pathlib import Path

import pytest

from k8s_charts import dockerfile
from k8s_charts.arguments import ChartError

BUILD = """\
ARG BASE
FROM ${BASE} AS build
ENV GRANIAN_PORT=1
CMD ["not", "this"]
COPY requirements.txt /build/
FROM ${BASE} AS release
COPY --from=build /opt /opt
COPY migrations LICENSE ./
ARG RELEASE=dev
ENV GRANIAN_HOST=0.0.0.0 \\
    GRANIAN_PORT=5001 RELEASE=${RELEASE}
CMD ["granian", "application:app"]
FROM release AS test
ENV GRANIAN_PORT=2
CMD ["nor", "this"]
FROM release AS runtime
"""


def test_command_and_environment_are_those_that_the_last_stage_inherits(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BUILD)
    start = dockerfile.read(tmp_path / "Dockerfile")
    assert start.command == ["granian", "application:app"]
    settings = {"GRANIAN_HOST": "0.0.0.0", "GRANIAN_PORT": "5001", "RELEASE": "dev"}  # noqa: S104 - in an image
    assert start.environment == settings
    assert start.copied == [("migrations", "./"), ("LICENSE", "./")]
    assert start.ports == {5001}


def test_a_process_without_variables_for_its_ports_listens_where_the_image_says(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM base\nEXPOSE 8000/tcp 9000\nCMD ["serve"]\n')
    assert dockerfile.read(tmp_path / "Dockerfile").ports == {8000, 9000}


def test_a_last_stage_without_a_command_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM base AS runtime\n")
    with pytest.raises(ChartError, match="the last stage has no CMD"):
        dockerfile.read(tmp_path / "Dockerfile")
