"""What pods use is judged by what their manifests reserve."""

from pathlib import Path

import psutil
import pytest

from benchmarks import pod
from benchmarks.pod import Reserved, Use

SERVICES = ("backend", "frontend", "proxy")
RESERVED = dict.fromkeys((*SERVICES, "migration"), Reserved(memory=256, cpu=0.1))


@pytest.mark.parametrize(("memory", "met"), [(128, True), (129, False)])
def test_a_pod_may_use_half_of_its_memory(memory: float, met: bool) -> None:
    loaded = dict.fromkeys(SERVICES, Use(memory=100, cpu=2)) | {"backend": Use(memory=memory, cpu=2)}
    found = pod.findings(RESERVED, Use(100, 1), dict.fromkeys(SERVICES, Use(50, 1)), loaded, requests=1000)
    assert {bar.what: bar.is_met for bar in found.bars}["memory of the backend's pod"] is met
    assert found.tables[0].rows[1] == ["backend", f"{memory}", "256", "1.00", "1.00", "0.1", "70.0"]


def test_what_is_reserved_stands_in_the_manifests(tmp_path: Path) -> None:
    assert pod.reserved(tmp_path)["proxy"] == Reserved(memory=128, cpu=0.1)
    assert set(pod.reserved(tmp_path)) == {*SERVICES, "migration"}


def test_a_parent_counts_with_its_workers() -> None:
    class Service:
        pid = psutil.Process().pid

        def workers(self) -> list[psutil.Process]:
            return [psutil.Process()]

    used = Use.of(Service())  # type: ignore[arg-type]  # as much of a process as is asked
    alone = psutil.Process().memory_full_info().pss / 1024 / 1024
    assert used.memory == pytest.approx(2 * alone, rel=0.1)
