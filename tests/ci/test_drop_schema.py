"""The script that drops a test run's schema, on a real MariaDB. The master's login, which is AWS's, is stood in for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.conftest import ROOT

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        shutil.which("mariadbd", path="/usr/sbin:/usr/bin") is None,
        reason="no MariaDB server here: apt-get install mariadb-server",
    ),
]
MINE, OTHER = "test_20261101120000_0123456789ab_7", "test_20261101120000_0123456789ab_8"

# Runs beside the backend's package `application`, as the script does in the image.
PROGRAM = """
import os, runpy, sys
from sqlalchemy import create_engine, make_url, text

sys.path.insert(0, os.getcwd())
from application import config, master

script, *schemas = sys.argv[1:]
server = make_url(os.environ["TEST_DATABASE_URI"]).set(username="root", password="")
root = create_engine(server.set(database="mysql"))
with root.begin() as connection:
    connection.execute(text("CREATE USER application@'%' IDENTIFIED BY 'x'"))
    for schema in schemas:
        pattern = schema.replace("_", chr(92) + "_")
        connection.execute(text(f"CREATE DATABASE {schema}"))
        connection.execute(text(f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO application@`%`"))

named = make_url(os.environ["DATABASE_URI"]).database
master.sign_in_as_master = lambda app, secret: config.DatabaseSettings(uri=server.set(database=named))
for _ in range(2):  # the second time it is gone already
    runpy.run_path(script)

with root.connect() as connection:
    print(*connection.scalars(text("SHOW DATABASES LIKE 'test%'")))
    granted = connection.scalars(text("SELECT Db FROM mysql.db WHERE User = 'application'"))
    print(*(pattern.replace(chr(92), "") for pattern in granted))
"""


def drop(tmp_path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "program.py").write_text(PROGRAM)
    return subprocess.run(
        [ROOT / "ci/with-mariadb", "python", tmp_path / "program.py", ROOT / "ci/drop_schema.py", MINE, OTHER],
        cwd=ROOT / "services/backend",
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin",
            "DATABASE_URI": f"mysql+pymysql://application@test.example.internal:3306/{schema}",
            "DATABASE_ADMIN_SECRET": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:master",
        },
        capture_output=True,
        text=True,
    )


def test_the_schema_and_what_was_granted_on_it_go_and_no_other(tmp_path: Path) -> None:
    result = drop(tmp_path, MINE)

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [OTHER, OTHER]


def test_a_schema_that_is_no_test_runs_stays(tmp_path: Path) -> None:
    result = drop(tmp_path, "users")

    assert result.returncode == 1
    assert result.stderr == "users is not the schema of a test run (test_…), so it is not dropped\n"
