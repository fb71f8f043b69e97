"""A database's rows in a file and back, as its master: with MariaDB's own tools, over verified TLS."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pymysql

from rehearsal import RehearsalError
from rehearsal.mariadb import command

_OF_THE_SERVER = ("information_schema", "mysql", "performance_schema", "sys")
_WHOLE = "-- Dump completed"
"""How mariadb-dump ends a backup that it has ended."""

_TAIL_BYTES = 200


class Content(NamedTuple):
    """What tells one state of a table from every other."""

    rows: int
    checksum: int


@dataclass(frozen=True)
class Master:
    """Who may do everything in a database.

    Attributes:
        address: where the server listens.
        port: where it listens there.
        user: his name.
        password: his password.
        authorities: file with the authorities of the server's certificate, in PEM.
    """

    address: str
    port: int
    user: str
    password: str
    authorities: Path

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Sign in, and yield a cursor.

        Raises:
            RehearsalError: the server does not answer, or refuses.
        """
        try:
            with closing(
                pymysql.connect(
                    host=self.address,
                    port=self.port,
                    user=self.user,
                    password=self.password,
                    ssl={"ca": str(self.authorities)},
                    autocommit=True,
                )
            ) as connection:
                yield connection.cursor()
        except pymysql.MySQLError as error:
            raise RehearsalError(f"the database does not do as it is told: {error}") from None

    def content(self) -> dict[str, Content]:
        """Return what is in each table that is not the server's own, by schema and name."""
        with self.connection() as cursor:
            return _content(cursor)

    def back_up(self, file: Path) -> dict[str, Content]:
        """Write all that is not the server's own to `file`, while nobody else writes; return what it holds.

        Raises:
            RehearsalError: there is nothing to back up, or the backup is not whole.
        """
        with self.connection() as cursor:
            tables = _tables(cursor)
            if not tables:
                raise RehearsalError("the database holds no tables, so there is nothing to back up; see `make logs`")
            cursor.execute(f"LOCK TABLES {', '.join(f'{table} READ' for table in tables)}")
            held = _content(cursor)
            schemas = _schemas(cursor)
            with file.open("wb") as backup:
                options = ("--single-transaction", "--routines", "--triggers", "--events", "--databases", *schemas)
                self._run("mariadb-dump", *options, stdout=backup)
        with file.open("rb") as backup:
            backup.seek(max(0, file.stat().st_size - _TAIL_BYTES))
            if _WHOLE not in backup.read().decode(errors="replace"):
                raise RehearsalError(f"{file} is not whole: mariadb-dump has not come to its end")
        return held

    def lose(self) -> None:
        """Drop every schema that is not the server's own; accounts and their rights stay."""
        with self.connection() as cursor:
            for schema in _schemas(cursor):
                cursor.execute(f"DROP DATABASE `{schema}`")

    def restore(self, file: Path) -> None:
        """Have the server hold what `file` holds.

        Raises:
            RehearsalError: it refuses.
        """
        with file.open("rb") as backup:
            self._run("mariadb", stdin=backup)

    def _run(self, program: str, *options: str, **streams: Any) -> None:
        """Run one of MariaDB's tools, with the password where nobody else can read it."""
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as login:  # it is this user's alone
            password = self.password.replace("\\", "\\\\")  # which options' files escape by
            lines = ["[client]", f"host={self.address}", f"port={self.port}", f"user={self.user}"]
            lines += [f'password="{password}"', f"ssl-ca={self.authorities}", "ssl-verify-server-cert"]
            login.write("\n".join([*lines, ""]))
            login.flush()
            done = subprocess.run(  # noqa: S603 - our own arguments
                [*command(program), f"--defaults-file={login.name}", *options],
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                **streams,
            )
        if done.returncode:
            raise RehearsalError(f"{program} failed: {(done.stderr.strip() or 'it does not say why').splitlines()[-1]}")


def _schemas(cursor: Any) -> list[str]:
    cursor.execute("SELECT schema_name FROM information_schema.schemata ORDER BY schema_name")
    return [name for (name,) in cursor.fetchall() if name not in _OF_THE_SERVER]


def _tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' ORDER BY table_schema, table_name"
    )
    return [f"`{schema}`.`{name}`" for schema, name in cursor.fetchall() if schema not in _OF_THE_SERVER]


def _content(cursor: Any) -> dict[str, Content]:
    found = {}
    for table in _tables(cursor):
        cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - the server's own names
        ((rows,),) = cursor.fetchall()
        cursor.execute(f"CHECKSUM TABLE {table}")
        ((_, checksum),) = cursor.fetchall()
        found[table.replace("`", "")] = Content(rows, checksum)
    return found
