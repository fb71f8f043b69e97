"""A MariaDB that signs users in as Amazon RDS does: by a token, sent in clear over TLS, which a plug-in of it judges.

PAM reads its rules in /etc/pam.d alone. The server sees a folder of the test's own there, in a mount namespace of its
own; the machine is left as it is.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Final

import pytest
import trustme

from rehearsal.mariadb import MISSING, MariaDB, available
from tests.system import tokens

USER: Final = "application"
"""Who signs in by token."""

_RULES = """\
auth required pam_exec.so expose_authtok quiet [{python}] -S [{tokens}] [{home}/secret] [{home}/attempts]
account required pam_permit.so
"""

# Who is not root may have a namespace in which he is.
_NAMESPACE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
_OVER_PAM = 'mount --bind "$0" /etc/pam.d && exec "$@"'


@dataclass(frozen=True)
class TokenDatabase:
    """The server, its authority and what was tried on it.

    Attributes:
        mariadb: the server; its own users sign in by password still.
        home: the folder of all its files.
    """

    mariadb: MariaDB
    home: Path

    @property
    def secret(self) -> Path:
        """The file of the key that its tokens are signed with."""
        return self.home / "secret"

    @property
    def authority(self) -> Path:
        """The certificate authority of its certificate, in PEM."""
        return self.home / "authority.pem"

    @property
    def attempts(self) -> list[tuple[str, str]]:
        """Every login that was tried by token so far: the verdict, and what was sent for a token."""
        log = self.home / "attempts"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(verdict, token) for verdict, _, token in (line.partition(" ") for line in lines)]

    def connections(self) -> list[str]:
        """Return the numbers of the connections that are signed in by token."""
        listed = self.mariadb.sql("SELECT id, user FROM information_schema.processlist").splitlines()
        return [number for number, _, user in (line.partition("\t") for line in listed) if user == USER]


@contextmanager
def running(home: Path, *, tls: bool) -> Iterator[TokenDatabase]:
    """Run such a server in a new folder. Its certificate is for 127.0.0.1; without `tls` it has none and takes none."""
    (home / "pam.d").mkdir(parents=True)
    options = ["--user=root", "--plugin-load-add=auth_pam_v1", "--loose-pam-use-cleartext-plugin=ON"]
    options += [f"--ssl-cert={home}/certificate.pem", f"--ssl-key={home}/key.pem"] if tls else ["--skip-ssl"]
    launcher = [*_NAMESPACE, "/bin/sh", "-c", _OVER_PAM, str(home / "pam.d")]
    database = TokenDatabase(MariaDB(home / "mariadb", options=options, launcher=launcher), home)
    database.secret.write_bytes(token_bytes())
    (home / "pam.d/tokens").write_text(_RULES.format(python=sys.executable, tokens=tokens.__file__, home=home))
    _certify(database)
    with database.mariadb as mariadb:
        if "pam" not in mariadb.sql("SELECT plugin_name FROM information_schema.plugins").split():
            pytest.skip("the MariaDB server here has no plug-in auth_pam_v1, which Debian's mariadb-server brings")
        mariadb.sql(f"CREATE USER {USER} IDENTIFIED VIA pam USING 'tokens'")
        mariadb.sql(f"GRANT SELECT, INSERT, DELETE ON users.* TO {USER}")
        yield database


def what_is_missing() -> str | None:
    """Say what this machine lacks for such a server, and how to get it; None if it lacks nothing."""
    if not available():
        return MISSING
    if shutil.which("unshare") is None:
        return "no unshare here (Linux only): apt-get install util-linux"
    if subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode:
        return "no mount namespace to be had here: run as root, or allow users namespaces of their own"
    return None


def _certify(database: TokenDatabase) -> None:
    """Make an authority of the database's own, and a certificate signed by it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(database.authority)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(database.home / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(database.home / "certificate.pem")
