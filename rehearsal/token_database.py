"""A MariaDB that signs users in as Amazon RDS does: by a token, sent in clear over TLS, which a plug-in of it judges.

PAM reads its rules in /etc/pam.d alone. The server sees a folder of its own there, in a mount namespace of its
own; the machine is left as it is.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme

from rehearsal import RehearsalError
from rehearsal.mariadb import MISSING, MariaDB, available

USER: Final = "application"
"""Who signs in by token."""

_RULES = """\
auth required pam_exec.so expose_authtok quiet {judge}
account required pam_permit.so
"""

# Who is not root may have a namespace in which he is.
_NAMESPACE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
_OVER_PAM = 'mount --bind "$0" /etc/pam.d && exec "$@"'


@dataclass(frozen=True)
class TokenDatabase:
    """The server and its authority.

    Attributes:
        mariadb: the server; its own users sign in by password still.
        authority: the certificate authority of its certificate, in PEM.
    """

    mariadb: MariaDB
    authority: Path

    def connections(self) -> list[str]:
        """Return the numbers of the connections that are signed in by token."""
        listed = self.mariadb.sql("SELECT id, user FROM information_schema.processlist").splitlines()
        return [number for number, _, user in (line.partition("\t") for line in listed) if user == USER]


@contextmanager
def running(
    home: Path,
    judge: Sequence[str],
    *,
    tls: bool = True,
    address: str = "127.0.0.1",
    port: int | None = None,
    options: Sequence[str] = (),
) -> Iterator[TokenDatabase]:
    """Run such a server, in a new folder or in one that it has left.

    Args:
        home: the folder of all its files.
        judge: the command that judges tokens: it gets one on its standard input, and its user in PAM_USER. `PORT` in it
            stands for the server's port.
        tls: whether it has a certificate, for `address`; without, it takes no connection by TLS.
        address: where it listens.
        port: where it listens there; chosen if it is not given.
        options: more options of mariadbd.

    Raises:
        RehearsalError: it does not start, or lacks the plug-in.
    """
    (home / "pam.d").mkdir(parents=True, exist_ok=True)
    own = ["--user=root", "--plugin-load-add=auth_pam_v1", "--loose-pam-use-cleartext-plugin=ON"]
    own += [f"--ssl-cert={home}/certificate.pem", f"--ssl-key={home}/key.pem"] if tls else ["--skip-ssl"]
    own += [f"--bind-address={address}", *options]
    launcher = [*_NAMESPACE, "/bin/sh", "-c", _OVER_PAM, str(home / "pam.d")]
    database = TokenDatabase(
        MariaDB(home / "mariadb", options=own, launcher=launcher, port=port), home / "authority.pem"
    )
    words = [word.replace("PORT", str(database.mariadb.port)).replace("]", r"\]") for word in judge]
    (home / "pam.d/tokens").write_text(_RULES.format(judge=" ".join(f"[{word}]" for word in words)))
    _certify(home, address)
    with database.mariadb as mariadb:
        if "pam" not in mariadb.sql("SELECT plugin_name FROM information_schema.plugins").split():
            raise RehearsalError(
                "the MariaDB server here has no plug-in auth_pam_v1, which Debian's mariadb-server brings"
            )
        mariadb.sql(f"CREATE USER IF NOT EXISTS {USER} IDENTIFIED VIA pam USING 'tokens'")
        yield database


def what_is_missing() -> str | None:
    """Say what this machine lacks for such a server, and how to get it; None if it lacks nothing."""
    if not available():
        return MISSING
    if shutil.which("unshare") is None:
        return "no unshare here (Linux only): apt-get install util-linux"
    if subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode:  # noqa: S603 - no one else's words
        return "no mount namespace to be had here: run as root, or allow users namespaces of their own"
    return None


def _certify(home: Path, address: str) -> None:
    """Make an authority of the database's own, and a certificate signed by it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "authority.pem")
    certificate = authority.issue_cert(address)
    certificate.private_key_pem.write_to_path(home / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(home / "certificate.pem")
