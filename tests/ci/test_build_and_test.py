import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.ci.workplace import Workplace

DATABASE = {
    "SLIPWAY_TEST_DATABASE_HOST": "test.example.internal",
    "SLIPWAY_TEST_DATABASE_SECRET": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:master",
    "AWS_REGION": "eu-west-2",
}
DROPPED = ["dropped"]
SCHEMA = re.compile(r"test\.example\.internal:3306/(test_\d{14}_[0-9a-f]{12}_\d+)\?")


def schemas_of(calls: list[list[str]]) -> set[str]:
    return set(SCHEMA.findall(" ".join(" ".join(call) for call in calls)))


def test_each_service_is_built_once_and_its_test_image_on_top(workplace: Workplace) -> None:
    assert workplace.run("build").returncode == 0

    assert [(call[call.index("--target") + 1], call[-1]) for call in workplace.called("docker", "build")] == [
        ("runtime", "services/backend"),
        ("test", "services/backend"),
        ("runtime", "services/frontend"),
        ("test", "services/frontend"),
    ]
    for call in workplace.calls:
        assert f"RELEASE={workplace.commit}" in call
    assert workplace.called("--tag", f"slipway/backend:{workplace.commit}")
    assert workplace.called("--tag", f"slipway/frontend-test:{workplace.commit}")


def test_a_base_image_is_passed_to_every_build(workplace: Workplace) -> None:
    workplace.run("build", BASE_IMAGE="localhost/base:1")

    assert len(workplace.called("docker", "build", "BASE=localhost/base:1")) == 4


def test_a_failed_build_stops_the_rest(workplace: Workplace) -> None:
    workplace.order((["build", "runtime", "services/backend"], "fail"))

    assert workplace.run("build").returncode != 0
    assert len(workplace.calls) == 1


def test_what_no_commit_holds_is_not_named_like_a_commit(workplace: Workplace) -> None:
    (workplace.root / "new.txt").write_text("")

    workplace.run("build")

    tags = [call[call.index("--tag") + 1] for call in workplace.calls]
    assert len(tags) == 4
    assert all(tag.endswith(f":{workplace.commit}-dirty") for tag in tags)


def suites(workplace: Workplace) -> list[str]:
    """Return the services whose suites have run, in order."""
    images = {f"slipway/{service}-test:{workplace.commit}": service for service in ("backend", "frontend")}
    return [images[call[-1]] for call in workplace.calls if call[-1] in images]


def test_without_a_database_both_suites_run_in_their_images(workplace: Workplace) -> None:
    assert workplace.run("test").returncode == 0

    assert suites(workplace) == ["backend", "frontend"]
    assert len(workplace.calls) == 2
    assert not workplace.called("--network")


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_a_suite_leaves_its_results_where_they_are_published(workplace: Workplace, service: str) -> None:
    results = workplace.root / ".slipway/reports" / service
    results.mkdir(parents=True)
    (results / "junit.xml").write_text("an earlier run's")

    assert workplace.run("test").returncode == 0

    (call,) = workplace.called(f"{service}-test")
    assert f"{results}:/results" in call
    assert results.stat().st_mode & 0o777 == 0o777, "the image's user is another one"
    assert list(results.iterdir()) == []
    (addition,) = [argument for argument in call if argument.startswith("PYTEST_ADDOPTS=")]
    assert "--junitxml=/results/junit.xml" in addition
    assert "--cov-report=xml:/results/coverage.xml" in addition


def test_the_suite_works_in_a_schema_of_its_own_which_is_dropped(workplace: Workplace) -> None:
    assert workplace.run("test", **DATABASE).returncode == 0

    keeper, prepare, backend, frontend, end = workplace.calls
    assert keeper[-3:-1] == ["python", "-c"]
    assert prepare[-4:] == ["--app", "application", "prepare-database", "--all-privileges"]
    assert f"slipway/backend-test:{workplace.commit}" in backend
    assert f"slipway/frontend-test:{workplace.commit}" in frontend
    assert end == DROPPED
    assert len(schemas_of([keeper, prepare, backend])) == 1
    assert all(len(schemas_of([call])) == 1 for call in (keeper, prepare, backend))


def test_the_suite_signs_in_as_production_does_and_never_sees_the_master(workplace: Workplace) -> None:
    workplace.run("test", **DATABASE)

    (backend,) = workplace.called("backend-test")
    assert "DATABASE_AUTH=iam" in backend
    assert any(argument.startswith("TEST_DATABASE_URI=mysql+pymysql://application@") for argument in backend)
    assert not any("DATABASE_ADMIN_SECRET" in argument for argument in backend)


def test_two_runs_never_share_a_schema(workplace: Workplace) -> None:
    workplace.run("test", **DATABASE)
    workplace.run("test", **DATABASE)

    assert len(schemas_of(workplace.calls)) == 2


@pytest.mark.parametrize("suite", ["backend", "frontend"])
def test_a_failed_suite_fails_the_run_after_the_other_and_the_drop(workplace: Workplace, suite: str) -> None:
    workplace.order(([f"slipway/{suite}-test"], "fail"))

    result = workplace.run("test", **DATABASE)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"ci/test: the suite failed: {suite}"
    assert suites(workplace) == ["backend", "frontend"]
    assert workplace.calls[-1] == DROPPED


def test_a_schema_that_cannot_be_prepared_stops_the_suites_and_is_dropped(workplace: Workplace) -> None:
    workplace.order((["prepare-database"], "fail"))

    assert workplace.run("test", **DATABASE).returncode != 0
    assert suites(workplace) == []
    assert workplace.calls[-1] == DROPPED


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_killed_drops_its_schema(workplace: Workplace, how: signal.Signals) -> None:
    workplace.order((["slipway/backend-test"], "hang"))
    process = workplace.start("test", **DATABASE)
    wait_for(lambda: bool(workplace.called("slipway/backend-test")), "the suite")

    os.killpg(process.pid, how) if how == signal.SIGTERM else process.kill()

    wait_for(lambda: workplace.calls[-1] == DROPPED, "the drop")
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert suites(workplace) == ["backend"]


def test_a_schema_that_is_not_dropped_fails_the_run(workplace: Workplace) -> None:
    workplace.order((["schema"], "stays"))

    result = workplace.run("test", **DATABASE)

    assert result.returncode == 1
    assert suites(workplace) == ["backend", "frontend"]
    (schema,) = schemas_of(workplace.calls)
    assert result.stderr.startswith(f"ci/test: the schema {schema} may be left on test.example.internal;")


def test_without_a_schema_no_suite_runs(workplace: Workplace) -> None:
    workplace.order((["python"], "fail"))

    result = workplace.run("test", **DATABASE)

    assert result.returncode == 1
    assert "no schema could be had on test.example.internal" in result.stderr
    assert suites(workplace) == []


def wait_for(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + 30
    while not true():
        assert time.monotonic() < limit, f"{what} never came"
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["SLIPWAY_TEST_DATABASE_SECRET", "AWS_REGION"])
def test_a_missing_setting_is_one_clear_line_before_anything_runs(workplace: Workplace, name: str) -> None:
    result = workplace.run("test", **{key: value for key, value in DATABASE.items() if key != name})

    assert result.returncode == 1
    assert re.fullmatch(rf"ci/test: {name} is not set; it is .+\n", result.stderr)
    assert workplace.calls == []
