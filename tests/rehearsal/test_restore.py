"""A backup holds every row, a restore brings them back, and a drill that could prove nothing does not begin."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal import RehearsalError, restore, token_database
from rehearsal.backup import Content, Master
from rehearsal.commands import Page
from rehearsal.databases import MASTER_PRIVILEGES
from rehearsal.machine import Description

MISSING = token_database.what_is_missing() or ""
with_mariadb = pytest.mark.skipif(bool(MISSING), reason=MISSING)
SERVER = f"""CREATE USER master IDENTIFIED BY 'it''s "l\\ong"';
GRANT {MASTER_PRIVILEGES} ON *.* TO master WITH GRANT OPTION; """
AWKWARD = 'it\'s "l\\ong"'
ROWS = "CREATE TABLE users.users (userName VARCHAR(50) PRIMARY KEY); INSERT INTO users.users VALUES ('Zoë 🦊'), ('Bob')"
MACHINE = Description(1, 8080, "processes", "an SQLite file (no MariaDB server here)", {}, "")


@pytest.fixture(scope="module")
def master() -> Iterator[Master]:
    """Yield the master of a server whose certificate is for its address."""
    with (
        tempfile.TemporaryDirectory() as home,
        token_database.running(Path(home), ["/bin/false"], address="127.0.0.3") as database,
    ):
        database.mariadb.sql(SERVER + ROWS)
        yield Master("127.0.0.3", database.mariadb.port, "master", 'it\'s "long"', database.authority)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.sql"


@pytest.mark.full
@with_mariadb
def test_what_is_lost_comes_back_as_it_was(master: Master, backup: Path) -> None:
    held = master.back_up(backup)
    assert {table: content.rows for table, content in held.items()} == {"users.users": 2}
    master.lose()
    assert master.content() == {}
    master.restore(backup)
    assert master.content() == held


@pytest.mark.full
@with_mariadb
def test_a_row_that_is_another_is_seen(master: Master, backup: Path) -> None:
    held = master.back_up(backup)
    with master.connection() as cursor:
        cursor.execute("UPDATE users.users SET userName = 'Rob' WHERE userName = 'Bob'")
    with pytest.raises(RehearsalError, match=r"not what was lost:\n  users\.users: 2 rows before, 2 after"):
        restore.compare(held, master.content())
    master.restore(backup)
    assert master.content() == held


@pytest.mark.full
@with_mariadb
def test_a_server_of_another_authority_gets_no_password(master: Master, backup: Path) -> None:
    master.back_up(backup)
    with tempfile.TemporaryDirectory() as home, token_database.running(Path(home), ["/bin/false"]) as other:
        stranger = replace(master, authorities=other.authority)
        with pytest.raises(RehearsalError, match=r"^mariadb failed: .*(certificate|TLS)"):
            stranger.restore(backup)
        with pytest.raises(RehearsalError, match=r"the database does not do as it is told: .*certificate"):
            stranger.content()


@pytest.mark.full
@with_mariadb
def test_an_empty_database_is_not_backed_up(backup: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as home,
        token_database.running(Path(home), ["/bin/false"], address="127.0.0.3") as empty,
    ):
        empty.mariadb.sql(SERVER)
        nobody = Master("127.0.0.3", empty.mariadb.port, "master", 'it\'s "long"', empty.authority)
        with pytest.raises(RehearsalError, match="holds no tables, so there is nothing to back up"):
            nobody.back_up(backup)
    assert not backup.exists()


def test_tables_that_differ_are_named() -> None:
    held = {"users.users": Content(5, 1), "users.kept": Content(1, 7)}
    with pytest.raises(RehearsalError) as refused:
        restore.compare(held, {"users.kept": Content(1, 7), "users.other": Content(2, 3)})
    assert str(refused.value).splitlines()[1:] == [
        "  users.other: no rows before, 2 after",
        "  users.users: 5 rows before, none after",
    ]


class Nothing(Master):
    """The master of a database that holds nothing."""

    def content(self) -> dict[str, Content]:
        return {}


@pytest.mark.parametrize(
    ("seen", "honest"),
    [
        (Page(503, None, out_of_date=False), True),
        (Page(200, "one", out_of_date=True), True),
        (Page(200, "one", out_of_date=False), False),
        (Page(500, "one", out_of_date=False), False),
    ],
)
def test_a_page_that_hides_the_loss_ends_the_drill(monkeypatch: pytest.MonkeyPatch, seen: Page, honest: bool) -> None:
    monkeypatch.setattr(restore, "page", lambda *_, **__: seen)
    nothing = Nothing("127.0.0.3", 1, "master", "", Path())
    if honest:
        assert restore.see_that_it_is_lost(MACHINE, nothing) == seen
    else:
        with pytest.raises(RehearsalError, match="the database holds nothing, and NGINX answers"):
            restore.see_that_it_is_lost(MACHINE, nothing)


def test_sqlite_is_not_drilled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "running", lambda: MACHINE)
    with pytest.raises(RehearsalError) as refused:
        restore.drill()
    assert str(refused.value) == (
        "the database is an SQLite file (no MariaDB server here); a restore is drilled on MariaDB alone"
    )
