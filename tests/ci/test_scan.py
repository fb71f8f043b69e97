"""What is in the images is listed, and a critical hole that an update closes stops them; Trivy is stood in for."""

import pytest

from tests.ci.workplace import Workplace

SERVICES = ("backend", "frontend")


def test_the_images_that_were_built_are_listed_and_judged(workplace: Workplace) -> None:
    assert workplace.run("scan").returncode == 0

    for service in SERVICES:
        (saved,) = workplace.called("docker", "save", f"slipway/{service}:{workplace.commit}")
        listed, judged = workplace.called("trivy:", f"/reports/sbom-{service}.json")
        assert workplace.calls.index(saved) < workplace.calls.index(listed) < workplace.calls.index(judged)
        assert listed[listed.index("--format") + 1] == "cyclonedx"
        assert judged[judged.index("--severity") + 1] == "CRITICAL"
        assert "--ignore-unfixed" in judged
    assert not list((workplace.root / ".slipway/reports").glob("*.tar"))


def test_builds_side_by_side_scan_with_a_cache_each(workplace: Workplace) -> None:
    """The scanner's cache takes one process at a time."""
    for number in "01":
        workplace.run("scan", EXECUTOR_NUMBER=number)

    volumes = [call[call.index("--volume") + 1] for call in workplace.called("trivy:")]
    assert volumes == ["slipway-trivy-0:/root/.cache"] * 4 + ["slipway-trivy-1:/root/.cache"] * 4


def test_the_scanner_is_pinned(workplace: Workplace) -> None:
    workplace.run("scan")

    (scanner,) = {argument for call in workplace.calls for argument in call if "/trivy:" in argument}
    assert scanner.rpartition(":")[2][0].isdigit()


@pytest.mark.parametrize("service", SERVICES)
def test_a_hole_that_an_update_closes_fails_after_both_were_judged(workplace: Workplace, service: str) -> None:
    workplace.order((["--severity", f"sbom-{service}"], "3"))

    result = workplace.run("scan")

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith(f"ci/scan: an update closes a critical hole in: {service};")
    assert len(workplace.called("--severity")) == len(SERVICES)


@pytest.mark.parametrize("step", [["save"], ["--format"], ["--severity"]])
def test_what_cannot_be_judged_is_not_good(workplace: Workplace, step: list[str]) -> None:
    workplace.order((step, "fail"))

    result = workplace.run("scan")

    assert result.returncode == 1
    assert "an update closes" not in result.stderr
    assert not list((workplace.root / ".slipway/reports").glob("*.tar"))
