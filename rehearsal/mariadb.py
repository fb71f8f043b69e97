"""A private MariaDB server: for the tests, for the benchmarks, and for a command of yours.

`python -m rehearsal.mariadb COMMAND [ARGUMENT…]` runs a command that finds the server in TEST_DATABASE_URI.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from types import FrameType, TracebackType
from typing import NoReturn, Self

import psutil

from rehearsal import RehearsalError
from rehearsal.freezing import freeze, thaw
from rehearsal.ports import free_port

MISSING = "no MariaDB server here: apt-get install mariadb-server"
"""Why there is no server, and how to get one."""

_SKIPPED = 77
"""How ci/step is told that a command could not run for want of a tool."""

_LOG_LINES = 20
_PATIENCE = 60.0  # seconds to start in, or to stop in, on a busy machine
_PROBE_SECONDS = 0.05

# Each statement on a line of its own: the installer reads them so. The first one makes it know of users at all.
_FIRST_STATEMENTS = """\
FLUSH PRIVILEGES;
CREATE DATABASE users CHARACTER SET utf8mb4;
CREATE USER test@'127.0.0.1' IDENTIFIED BY 'test';
GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION;
"""

# Reads until its parent has closed the pipe, which the parent does by ending, however it ends.
_WATCH = 'read -r _; kill -KILL "$1"'


class MariaDB:
    """A server with its data in one folder, listening on 127.0.0.1 alone.

    It has the schema `users` (utf8mb4) and the user `test`, password `test`, who may do everything. As a context
    manager it starts and, whatever happens, stops; it also ends when the process that started it is killed.

    Args:
        home: folder for its data and its log; made if need be. What an earlier server left there is used again.
        options: more options of mariadbd; they win over those made here. No file of options is read.
        launcher: command that starts the server by `exec`, as `nice` does; the server's own follows.
        port: where it listens; chosen if it is not given.

    Attributes:
        port: where it listens: it stays the same over restarts.
        log: the file that the server's messages are appended to.
    """

    def __init__(
        self, home: Path, *, options: Sequence[str] = (), launcher: Sequence[str] = (), port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.log = home.absolute() / "server.log"
        self._home = home.absolute()
        self._data = self._home / "data"
        self._temporary = self._home / "tmp"  # none that servers share: one that starts removes all tables there
        self._options = list(options)
        self._launcher = list(launcher)
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The server's process.

        Raises:
            RehearsalError: it does not run.
        """
        if self._server is None:
            raise RehearsalError("the MariaDB server does not run")
        return self._server.pid

    def start(self) -> None:
        """Install the data folder if it is new, start the server and wait until it answers.

        Raises:
            RehearsalError: there is no MariaDB, or it did not start; its last lines follow.
        """
        if not self._data.exists():
            self._install()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - our own arguments
                [
                    *self._launcher,
                    *command("mariadbd"),
                    *_where(self._data, self._temporary),
                    "--socket=socket",  # relative to the data: the path of a socket must be short
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is for whoever uses it
            )
        self._watcher = subprocess.Popen(  # noqa: S603 - our own arguments
            ["/bin/sh", "-c", _WATCH, "watcher", str(self._server.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        end = monotonic() + _PATIENCE
        while self._ask("SELECT 1").returncode:
            if self._server.poll() is not None or monotonic() > end:
                self.kill()
                raise RehearsalError(_with_last_lines("the MariaDB server did not start", self.log))
            sleep(_PROBE_SECONDS)

    def stop(self) -> None:
        """Let the server write what it has to and end; nothing happens if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server at once, as a power cut does; nothing happens if it does not run."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the server's time: it keeps its connections and answers none."""
        freeze([psutil.Process(self.pid)])

    def thaw(self) -> None:
        """Let a frozen server go on."""
        thaw([psutil.Process(self.pid)])

    def uri(self, schema: str = "users", user: str = "test", password: str = "test") -> str:  # noqa: S107 - made for tests
        """Return the SQLAlchemy URL of a schema."""
        return f"mysql+pymysql://{user}:{password}@127.0.0.1:{self.port}/{schema}?charset=utf8mb4"

    def sql(self, text: str, schema: str | None = None) -> str:
        """Run statements as root; return the rows, a line each, tabs between the columns.

        Raises:
            RehearsalError: the server refused a statement, or does not run.
        """
        done = self._ask(text, *([f"--database={schema}"] if schema else []))
        if done.returncode:
            raise RehearsalError(f"MariaDB refused {text!r}: {done.stderr.strip().splitlines()[-1]}")
        return done.stdout

    def _ask(self, text: str, *options: str) -> subprocess.CompletedProcess[str]:
        client = [*command("mariadb"), "--no-defaults", "--socket=socket", "--user=root"]
        return subprocess.run(  # noqa: S603 - our own arguments
            [*client, "--default-character-set=utf8mb4", "--batch", "--raw", "--skip-column-names", *options],
            input=text,
            cwd=self._data,
            capture_output=True,
            text=True,
            check=False,
        )

    def _install(self) -> None:
        """Make the data folder. It gets its name once it is whole, so that a broken-off one is never used."""
        command("mariadbd")  # what the installer says of a missing server is less clear
        unfinished = self._home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._temporary.mkdir(parents=True, exist_ok=True)
        (self._home / "first.sql").write_text(_FIRST_STATEMENTS)
        with self.log.open("ab") as log, tempfile.TemporaryDirectory() as folder:
            here = Path(folder, "home")
            here.symlink_to(self._home)  # the installer breaks paths with a space
            done = subprocess.run(  # noqa: S603 - our own arguments
                [
                    *command("mariadb-install-db"),
                    *_where(here / unfinished.name, here / self._temporary.name),
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                    f"--extra-file={here / 'first.sql'}",
                ],
                stdout=log,
                stderr=log,
                check=False,
            )
        if done.returncode:
            lines = [line for line in self.log.read_text(errors="replace").splitlines() if "ERROR" in line]
            raise RehearsalError("\n".join([f"the MariaDB server could not be installed; from {self.log}:", *lines]))
        unfinished.rename(self._data)

    def _end(self, how: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(how)
            self._server.send_signal(signal.SIGCONT)  # a frozen one would not hear it
            try:
                self._server.wait(_PATIENCE)
            finally:
                self._server.kill()  # nothing, once it has ended
                self._server.wait()
                self._server = None
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None


def available() -> bool:
    """Whether there is a MariaDB server on this machine."""
    return _find("mariadbd") is not None


def _where(data: Path, temporary: Path) -> list[str]:
    """Return the options that server and installer share. Asked to run as root, both want to be told so."""
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    return ["--no-defaults", f"--datadir={data}", f"--tmpdir={temporary}", *as_root]


def _find(program: str) -> str | None:
    """Return a program's path. Debian keeps servers where only root looks."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


def command(program: str) -> list[str]:
    """Return what runs one of MariaDB's programs.

    Raises:
        RehearsalError: it is not here.
    """
    path = _find(program)
    if path is None:
        raise RehearsalError(MISSING)
    return [path]


def _with_last_lines(failure: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    return "\n".join([f"{failure}; the last lines of {log}:", *lines])


def _run(command: Sequence[str], directory: Path, environment: dict[str, str]) -> int:
    """Run a command to its end and return its exit status as a shell does.

    Ctrl-C is the command's affair, which a terminal tells of it, too. When we are told to end, so is the command.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = subprocess.Popen(command, cwd=directory, env=environment)  # noqa: S603 - what our caller asks to be run
    except OSError as error:
        raise RehearsalError(f"{command[0]} cannot be run: {error.strerror}") from None
    try:
        status = process.wait()
    except SystemExit:
        process.terminate()
        process.wait()
        raise
    return status if status >= 0 else 128 - status


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def main() -> int:
    """Run the command that the arguments give beside a server; return its exit status, 77 if there is no server."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.mariadb", description=MariaDB.__doc__)
    parser.add_argument("--directory", type=Path, default=Path.cwd(), help="where the command runs; default: here")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments")
    given = parser.parse_args()
    if not given.command:
        parser.error("name the command to run")
    if not available():
        sys.stdout.write(f"{MISSING}\n")
        return _SKIPPED
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory())
            database = stack.enter_context(MariaDB(Path(home)))
            return _run(given.command, given.directory, {**os.environ, "TEST_DATABASE_URI": database.uri()})
    except RehearsalError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
