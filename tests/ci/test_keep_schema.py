"""The keeper of a test run's schema, on a real MariaDB. The master's login, which is AWS's, is stood in for."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from rehearsal import mariadb
from rehearsal.databases import MASTER_PRIVILEGES
from rehearsal.mariadb import MariaDB
from tests.ci.workplace import ROOT

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not mariadb.available(), reason=mariadb.MISSING),
]
MINE, OTHER, LEFT = (f"test_20261101120000_0123456789ab_{process}" for process in (7, 8, 9))
PATIENCE = 30

# Runs beside the backend's package `application`, as the script does in the image.
PROGRAM = """
import os, runpy, sys
from sqlalchemy import make_url

sys.path.insert(0, os.getcwd())
from application import config, master

schema = make_url(os.environ["DATABASE_URI"]).database
server = make_url(os.environ["SERVER"]).set(database=schema)
master.sign_in_as_master = lambda app, secret: config.DatabaseSettings(uri=server)
runpy.run_path(sys.argv[1], run_name="__main__")
"""
PREPARE = """
import sys
from application.master import ALL_PRIVILEGES, statements
from sqlalchemy import create_engine

with create_engine(sys.argv[1]).begin() as connection:
    for statement in statements(sys.argv[2], "application", ALL_PRIVILEGES):
        if not str(statement).startswith("CREATE USER"):
            connection.execute(statement)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as running:
        running.sql("CREATE USER application@'%' IDENTIFIED BY 'x'; CREATE USER master IDENTIFIED BY 'y'")
        running.sql(f"GRANT {MASTER_PRIVILEGES} ON *.* TO master WITH GRANT OPTION")
        running.sql("CREATE DATABASE test_by_hand; CREATE DATABASE tested")
        yield running


def prepare(server: MariaDB, *schemas: str) -> None:
    """Do what a run does after its keeper is ready: the backend's own statements, but for the login by token."""
    for schema in schemas:
        subprocess.run(
            [sys.executable, "-c", PREPARE, server.uri(schema="", user="master", password="y"), schema],
            cwd=ROOT / "services/backend",
            check=True,
        )


def schemas(server: MariaDB) -> set[str]:
    return set(server.sql("SHOW DATABASES LIKE 'test%'").split())


def granted(server: MariaDB) -> set[str]:
    found = server.sql("SELECT Db FROM mysql.db WHERE User = 'application'").split()
    return {pattern.replace("\\", "") for pattern in found}


def start(server: MariaDB, home: Path, schema: str) -> subprocess.Popen[str]:
    program = home / "program.py"
    program.write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, program, ROOT / "ci/keep_schema.py"],
        cwd=ROOT / "services/backend",
        env={
            "PATH": "/usr/bin:/bin",
            "SERVER": server.uri(user="master", password="y"),
            "DATABASE_URI": f"mysql+pymysql://application@test.example.internal:3306/{schema}",
            "DATABASE_ADMIN_SECRET": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:master",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def keeper(server: MariaDB, home: Path, schema: str = MINE) -> Iterator[subprocess.Popen[str]]:
    """A keeper that is ready, and whose schema is prepared."""
    with start(server, home, schema) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            prepare(server, schema)
            yield process
        finally:
            process.kill()


def test_the_schema_and_what_was_granted_on_it_go_with_the_run_and_no_other(server: MariaDB, tmp_path: Path) -> None:
    before = schemas(server)
    with keeper(server, tmp_path) as process:
        assert schemas(server) == before | {MINE}
        assert granted(server) == {MINE}
        _, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complaint
    assert schemas(server) == before
    assert granted(server) == set()


def test_a_keeper_that_is_told_to_end_drops_its_schema(server: MariaDB, tmp_path: Path) -> None:
    with keeper(server, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert MINE not in schemas(server)


def test_what_a_run_has_left_goes_with_the_next_one(server: MariaDB, tmp_path: Path) -> None:
    with keeper(server, tmp_path, LEFT) as killed:
        killed.kill()
        killed.wait(PATIENCE)
    assert LEFT in schemas(server)
    wait_until_free(server, LEFT)

    with keeper(server, tmp_path) as process:
        assert LEFT not in schemas(server)
        assert granted(server) == {MINE}
        _, said = process.communicate(timeout=PATIENCE)
    assert said == f"dropping {LEFT}, which a run has left\n"


def test_two_runs_leave_each_other_alone(server: MariaDB, tmp_path: Path) -> None:
    with keeper(server, tmp_path, OTHER) as other:
        with keeper(server, tmp_path) as process:
            assert {MINE, OTHER} <= schemas(server)
            process.communicate(timeout=PATIENCE)
        assert OTHER in schemas(server)
        assert granted(server) == {OTHER}
        other.communicate(timeout=PATIENCE)


def test_what_no_run_has_made_stays(server: MariaDB, tmp_path: Path) -> None:
    with keeper(server, tmp_path) as process:
        process.communicate(timeout=PATIENCE)
    assert {"test_by_hand", "tested"} <= schemas(server)


@pytest.mark.parametrize("schema", ["users", "test_by_hand"])
def test_a_schema_that_is_no_test_runs_is_refused(server: MariaDB, tmp_path: Path, schema: str) -> None:
    with start(server, tmp_path, schema) as process:
        said, complaint = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (1, "")
    assert complaint == f"{schema} is not the schema of a test run (test_TIME_…), so it is not dropped\n"
    assert "test_by_hand" in schemas(server)


def wait_until_free(server: MariaDB, schema: str) -> None:
    """Wait until the server has noticed that a connection is gone."""
    end = monotonic() + PATIENCE
    while server.sql(f"SELECT IS_FREE_LOCK('{schema}')").strip() != "1":
        assert monotonic() < end, "the lock is held for ever"
        sleep(0.05)
