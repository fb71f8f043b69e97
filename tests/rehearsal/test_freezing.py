"""What is frozen stands still from then on."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from rehearsal.freezing import freeze, thaw

_BUSY = "while True: pass"


@pytest.fixture
def busy() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", _BUSY]) as process:
        yield psutil.Process(process.pid)
        process.kill()


def test_a_frozen_process_stands_still_as_soon_as_it_is_called_frozen(busy: psutil.Process) -> None:
    for _ in range(100):
        freeze([busy])
        assert busy.status() == psutil.STATUS_STOPPED
        thaw([busy])
        assert busy.status() != psutil.STATUS_STOPPED
