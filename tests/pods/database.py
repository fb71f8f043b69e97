"""The database of the scenes, as far as they break it: this machine's MariaDB, or one in a pod of a cluster."""

import secrets
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

import yaml

from rehearsal import RehearsalError
from rehearsal.kubectl import kubectl

NAMESPACE = "slipway-database"

_MANIFESTS = (Path(__file__).parent / "database.yaml").read_text()
_PATIENCE = 300.0  # seconds in which its image has come, too
_SIGNED_IN = "MYSQL_PWD=$MARIADB_ROOT_PASSWORD"
# Over TCP, for the image answers at the socket while it still prepares the server.
_WHERE = "--host=127.0.0.1 --user=root"


class Database(Protocol):
    """A database that is ours to stop."""

    def stop(self) -> None:
        """End it, and return when it has."""
        ...

    def start(self) -> None:
        """Start it again, with its data, and return when it answers."""
        ...

    def sql(self, text: str, schema: str | None = None) -> str:
        """Run statements as root; return the rows, a line each."""
        ...


class DatabasePod:
    """A MariaDB in a pod, in a namespace that is there already.

    Attributes:
        uri: where the application finds it.
    """

    def __init__(self) -> None:
        """Make it, and wait until it answers.

        Raises:
            RehearsalError: it does not start.
        """
        password = secrets.token_hex()
        self.uri = (
            f"mysql+pymysql://application:{password}@database.{NAMESPACE}.svc.cluster.local/users?charset=utf8mb4"
        )
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "database", "namespace": NAMESPACE},
            "stringData": {
                "MARIADB_ROOT_PASSWORD": secrets.token_hex(),
                "MARIADB_DATABASE": "users",
                "MARIADB_USER": "application",
                "MARIADB_PASSWORD": password,
            },
        }
        kubectl("create", "--filename=-", given=f"{yaml.safe_dump(secret)}\n---\n{_MANIFESTS}")
        kubectl("wait", *_here("pod/database"), "--for=condition=Ready", f"--timeout={_PATIENCE:.0f}s")
        self._wait()

    def stop(self) -> None:
        """End the server, and return when it has."""
        admin = f"mariadb-admin {_WHERE}"
        _execute(f"touch /tmp/stopped; {_SIGNED_IN} {admin} shutdown; while {admin} --silent ping; do sleep 0.1; done")

    def start(self) -> None:
        """Start the server again, with its data, and return when it answers."""
        _execute("rm /tmp/stopped")
        self._wait()

    def sql(self, text: str, schema: str | None = None) -> str:
        """Run statements as root; return the rows, a line each."""
        options = f"--default-character-set=utf8mb4 --batch --raw --skip-column-names {schema or ''}"
        return _execute(f"{_SIGNED_IN} mariadb {_WHERE} {options}", given=text)

    def _wait(self) -> None:
        end = monotonic() + _PATIENCE
        while True:
            try:
                self.sql("SELECT 1")
            except RehearsalError:
                if monotonic() > end:
                    raise
                sleep(0.1)
            else:
                return


def _here(*arguments: str) -> tuple[str, ...]:
    return (f"--namespace={NAMESPACE}", *arguments)


def _execute(script: str, given: str = "") -> str:
    return kubectl("exec", *_here("--stdin", "database", "--", "sh", "-c", script), given=given)
