"""What both services need is written twice, for each is an image of its own; it must not drift apart."""

import re
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
SHARED = [
    "application/access_log.py",
    "application/draining.py",
    "application/metrics.py",
    "application/origin.py",
    "application/outage.py",
    "application/server.py",
]
OWN = re.compile(r'^(SERVICE = ".*"|DEFAULT_PORT = \d+)$', re.MULTILINE)
"""Constants that say which service it is."""


@pytest.mark.parametrize("path", SHARED)
def test_a_shared_module_is_the_same_in_both_services(path: str) -> None:
    backend, frontend = (OWN.sub("", (SERVICES / name / path).read_text()) for name in ("backend", "frontend"))
    assert backend == frontend
