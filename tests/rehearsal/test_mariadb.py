"""The private MariaDB server: what it offers, what it survives, and that it never outlives its user."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pymysql
import pytest

from rehearsal import ROOT, RehearsalError, mariadb
from rehearsal.mariadb import MariaDB

pytestmark = [pytest.mark.full, pytest.mark.skipif(not mariadb.available(), reason=mariadb.MISSING)]

PATIENCE = 30.0
"""Seconds that a busy machine may take over a step that usually takes one."""


PORTS_OF_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def eventually(holds: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, "it never came about"
        sleep(0.02)


def connect(database: MariaDB, read_timeout: float = PATIENCE) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    return pymysql.connect(
        host="127.0.0.1",
        port=database.port,
        user="test",
        password="test",
        database="users",
        charset="utf8mb4",
        autocommit=True,
        read_timeout=read_timeout,
    )


def query(database: MariaDB, statement: str, read_timeout: float = PATIENCE) -> object:
    with connect(database, read_timeout) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that goes at once: data take 100 MB, and pytest keeps the folders of three runs."""
    with tempfile.TemporaryDirectory() as home:
        yield Path(home)


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDB]:
    with tempfile.TemporaryDirectory() as home, MariaDB(Path(home)) as database:
        yield database


def test_the_uri_leads_to_the_schema_users(database: MariaDB) -> None:
    assert database.uri() == f"mysql+pymysql://test:test@127.0.0.1:{database.port}/users?charset=utf8mb4"
    query(database, "CREATE TABLE names (name VARCHAR(50))")
    query(database, "INSERT INTO names VALUES ('Zoë 🦊')")
    assert query(database, "SELECT name, CHAR_LENGTH(name) FROM names") == (("Zoë 🦊", 5),)
    assert database.sql("SELECT name, 1 FROM names", schema="users") == "Zoë 🦊\t1\n"


def test_it_works_in_a_folder_whose_name_has_a_space() -> None:
    with tempfile.TemporaryDirectory() as home, MariaDB(Path(home, "a folder")) as database:
        assert query(database, "SELECT 1") == ((1,),)


def test_what_the_server_refuses_is_told(database: MariaDB) -> None:
    with pytest.raises(RehearsalError, match=r"MariaDB refused 'SELECT nonsense': .*Unknown column"):
        database.sql("SELECT nonsense")


def test_it_listens_to_this_machine_alone(database: MariaDB) -> None:
    listening = {c.laddr for c in psutil.Process(database.pid).net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", database.port)}


def test_no_other_server_finds_its_temporary_tables(database: MariaDB) -> None:
    """A server that starts removes those of all servers that use the same folder."""
    data, temporary = database.sql("SELECT @@datadir, @@tmpdir").split()
    assert Path(temporary).parent == Path(data).parent


@pytest.mark.parametrize("end", [MariaDB.stop, MariaDB.kill])
def test_port_and_data_outlast_the_server(home: Path, end: Callable[[MariaDB], None]) -> None:
    with MariaDB(home) as database:
        port, pid = database.port, database.pid
        query(database, "CREATE TABLE kept (x INTEGER PRIMARY KEY)")
        query(database, "INSERT INTO kept VALUES (1)")
        end(database)
        assert not psutil.pid_exists(pid)
        with pytest.raises(RehearsalError, match="does not run"):
            _ = database.pid
        database.start()
        assert database.port == port
        assert query(database, "SELECT x FROM kept") == ((1,),)


def test_a_frozen_server_answers_once_it_goes_on(home: Path) -> None:
    with MariaDB(home) as database, connect(database, read_timeout=0.3) as connection:
        database.freeze()
        with connection.cursor() as cursor, pytest.raises(pymysql.OperationalError, match="timed out"):
            cursor.execute("SELECT 1")
        database.thaw()
        assert query(database, "SELECT 1") == ((1,),)
        database.freeze()
        pid = database.pid
    assert not psutil.pid_exists(pid)


def test_a_broken_off_installation_is_made_anew(home: Path) -> None:
    (home / "data.unfinished").mkdir()
    (home / "data.unfinished/ibdata1").write_text("half of it")
    with MariaDB(home) as database:
        assert query(database, "SELECT 1") == ((1,),)


def test_options_and_launcher_reach_the_server(home: Path) -> None:
    with MariaDB(home, options=["--wait-timeout=77"], launcher=["nice", "-n", "3"]) as database:
        assert database.sql("SELECT @@global.wait_timeout") == "77\n"
        assert psutil.Process(database.pid).nice() == psutil.Process().nice() + 3


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(home: Path) -> None:
    database = MariaDB(home, options=["--nonsense"])
    with pytest.raises(RehearsalError, match=r"did not start; (.*\n)+.*unknown option '--nonsense'"):
        database.start()
    assert processes_of(home) == []


def processes_of(home: Path) -> list[psutil.Process]:
    """Return the processes that name something below the folder in their command line, as a server does."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(home) in argument for argument in process.cmdline()[1:]):
                found.append(process)
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def test_the_server_ends_with_a_user_that_is_killed(home: Path) -> None:
    program = "import sys, time; from pathlib import Path; from rehearsal.mariadb import MariaDB\n"
    program += "with MariaDB(Path(sys.argv[1])) as database: print(database.pid, flush=True); time.sleep(600)"
    command = [sys.executable, "-c", program, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        server = int(user.stdout.readline())
        assert [process.pid for process in processes_of(home)] == [user.pid, server]
        user.kill()
    eventually(lambda: not processes_of(home))


def run(*command: str, directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    with_mariadb = [str(ROOT / "ci/with-mariadb"), *command]
    return subprocess.run(with_mariadb, cwd=directory, env=environment(), capture_output=True, text=True, timeout=120)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **more}


def test_a_command_finds_its_server_and_its_folder(home: Path) -> None:
    program = "import os, pymysql, sqlalchemy; print(os.getcwd()); engine = sqlalchemy.create_engine("
    program += "os.environ['TEST_DATABASE_URI']); print(engine.connect().exec_driver_sql('SELECT 6 * 7').scalar())"
    result = run("python", "-c", program, directory=home)
    assert (result.returncode, result.stdout) == (0, f"{home}\n42\n"), result.stderr


@pytest.mark.parametrize(("command", "status"), [("exit 5", 5), ("exit 77", 77), ("kill -KILL $$", 128 + 9)])
def test_the_commands_exit_status_is_handed_on(command: str, status: int) -> None:
    assert run("sh", "-c", command).returncode == status


def test_a_command_that_is_none_is_one_line() -> None:
    result = run("no-such-command")
    assert (result.returncode, result.stderr) == (
        1,
        "slipway: no-such-command cannot be run: No such file or directory\n",
    )


def test_without_a_server_the_step_counts_as_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(sys, "argv", ["rehearsal.mariadb", "true"])
    assert mariadb.main() == 77
    assert capsys.readouterr().out == "no MariaDB server here: apt-get install mariadb-server\n"


def test_without_a_server_there_is_one_clear_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert not mariadb.available()
    with pytest.raises(RehearsalError, match=r"^no MariaDB server here: apt-get install mariadb-server$"):
        MariaDB(home).start()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_lets_the_command_end_and_leaves_no_server(home: Path, how: signal.Signals) -> None:
    """SIGTERM comes to the script alone, Ctrl-C to everything that the terminal runs."""
    command = "trap 'echo told >told; exit 3' TERM INT; touch ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [ROOT / "ci/with-mariadb", "sh", "-c", command],
        cwd=home,
        env=environment(TMPDIR=str(home)),
        start_new_session=True,
    ) as script:
        eventually((home / "ready").exists)
        assert processes_of(home)
        if how == signal.SIGINT:
            os.killpg(script.pid, how)
        else:
            script.send_signal(how)
        assert script.wait(PATIENCE) == (3 if how == signal.SIGINT else 128 + how)
    assert (home / "told").read_text() == "told\n"
    assert processes_of(home) == []
    assert {path.name for path in home.iterdir()} == {"ready", "told"}


@pytest.mark.skipif(not PORTS_OF_CLIENTS.exists(), reason="looks for the ports of clients in Linux's /proc")
def test_the_port_is_none_that_a_client_may_be_given(home: Path) -> None:
    """While the server is down a client's own end of a connection must not take its port."""
    first = int(PORTS_OF_CLIENTS.read_text().split()[0])
    assert 1024 <= MariaDB(home).port < first
