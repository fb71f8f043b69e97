"""The databases that CloudFormation wants: MariaDB servers that sign users in as RDS does, where this machine can."""

import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from rehearsal import rds_token, token_database
from rehearsal.aws.databases import Address
from rehearsal.mariadb import MariaDB

PORT = 3306
"""Where databases listen, as the stacks have it: each at an address of its own."""

AUTHORITIES = "authorities.pem"
"""The file of the servers' authorities, in their folder."""

MASTER_PRIVILEGES = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, "
    "ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, REPLICATION SLAVE"
)
"""What RDS lets a MariaDB's master do, and grant: "Master user account privileges" in its User Guide."""

_SMALL = ["--innodb-buffer-pool-size=16M", "--performance-schema=OFF", "--key-buffer-size=1M", "--max-connections=60"]
"""Two of them run on a laptop that has other things to do."""


def what_is_missing() -> str | None:
    """Say why there can be no servers here, and what to do about it; None if there can."""
    if _taken("127.0.0.2"):  # where nobody listens but who listens everywhere
        return f"another program listens on port {PORT} of every address; stop it"
    return token_database.what_is_missing()


class Servers:
    """A server for each database, with its data in a folder that goes with it. As a context manager it ends them all.

    Args:
        home: folder for all of them.
        addresses: where they may listen; those where something else does are passed over.
        key: what login tokens are signed with.
        region: what they are signed for.

    Attributes:
        authorities: the authorities of the servers' certificates, in PEM.
    """

    def __init__(self, home: Path, *, addresses: Iterator[str], key: str, region: str) -> None:
        self.authorities = home.absolute() / AUTHORITIES
        self._home, self._addresses, self._key, self._region = home.absolute(), addresses, key, region
        self._running: dict[str, tuple[str, MariaDB, ExitStack]] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        shutil.rmtree(self._home, ignore_errors=True)  # what a killed run has left
        self._home.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for identifier in list(self._running):
            self.delete(identifier)

    @property
    def settings(self) -> dict[str, str]:
        """What the application needs to know on top of what the stacks tell it."""
        return {"DATABASE_CA": str(self.authorities)}

    def create(self, identifier: str, *, user: str, password: str) -> Address:
        """Have a server run whose master is `user`, with that password; one that runs gets the password.

        Raises:
            RehearsalError: it does not start; its last lines follow.
        """
        with self._lock:
            if identifier not in self._running:
                self._running[identifier] = self._start(identifier)
            address, server, _ = self._running[identifier]
            server.sql(
                f"CREATE OR REPLACE USER `{user}` IDENTIFIED BY '{password}'; "
                f"GRANT {MASTER_PRIVILEGES} ON *.* TO `{user}` WITH GRANT OPTION"
            )
            return Address(address, PORT)

    def delete(self, identifier: str) -> None:
        """End a server and delete its data; nothing happens if there is none."""
        with self._lock:
            if identifier in self._running:
                _, _, running = self._running.pop(identifier)
                running.close()
                shutil.rmtree(self._home / identifier)

    def _start(self, identifier: str) -> tuple[str, MariaDB, ExitStack]:
        address = next(address for address in self._addresses if not _taken(address))
        judge = [sys.executable, "-S", rds_token.__file__, f"{address}:{PORT}", self._key, self._region]
        running = ExitStack()
        database = running.enter_context(
            token_database.running(self._home / identifier, judge, address=address, port=PORT, options=_SMALL)
        )
        with self.authorities.open("a") as authorities:
            authorities.write(database.authority.read_text())
        return address, database.mariadb, running


class Files:
    """SQLite, where there is no such server: nothing has to run, and nobody signs in.

    Args:
        home: folder for the file.
    """

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()

    def __enter__(self) -> Self:
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def settings(self) -> dict[str, str]:
        """What the application needs to know in place of what the stacks tell it."""
        uri = f"sqlite:///{self._home / 'users.db'}"
        return {"DATABASE_URI": uri, "DATABASE_AUTH": "password", "DATABASE_ADMIN_SECRET": ""}

    def create(self, identifier: str, *, user: str, password: str) -> Address:  # noqa: ARG002 - nobody signs in
        """Say where the database would answer."""
        return Address(f"{identifier}.rehearsal.invalid", PORT)

    def delete(self, identifier: str) -> None:
        """Do nothing: the file is the application's."""


def _taken(address: str) -> bool:
    """Whether a server could not listen at this address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, PORT))
            probe.listen()
        except OSError:
            return True
    return False
