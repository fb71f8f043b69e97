"""Rows are lost, and a backup brings them back."""

import re
from time import monotonic

import pytest

from rehearsal import token_database
from rehearsal.restore import BACKUP
from tests.rehearsal.clones import Clone
from tests.rehearsal.scenes.conftest import Play
from tests.system.client import get, submit

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.skipif(bool(token_database.what_is_missing()), reason=token_database.what_is_missing() or ""),
]

LATEST = "Zoë of the backup"
COPY_SECONDS = 10


def test_lost_rows_come_back(system: Clone, play: Play) -> None:
    added = submit(f"http://127.0.0.1:{system.port}/users", name=LATEST)
    assert added.status == 303
    deadline = monotonic() + COPY_SECONDS
    while LATEST not in system.page():  # and so in NGINX's copy, which is shown while the rows are away
        assert monotonic() < deadline, "the page does not show who was added"
    with play(
        "production's rows are lost, and come back from a backup",
        real="mariadb-dump's backup of MariaDB, as the master whose password is in Secrets Manager; not RDS's own",
    ) as scene:
        drill = system.run("restore-drill")
        assert drill.returncode == 0, drill.stderr
        assert re.search(r"Meanwhile +users got 200 .*, a copy that is out of date$", drill.stdout, re.MULTILINE)
        rows = re.findall(r"^  (users\.\w+) +([\d,]+) +([\d,]+)$", drill.stdout, re.MULTILINE)
        assert "users.users" in {table for table, _, _ in rows}
        assert all(before == after for _, before, after in rows)
        fresh = get(f"http://127.0.0.1:{system.port}/", Cookie="notice=looked")
        assert (fresh.status, fresh.headers["x-cache"]) == (200, "BYPASS")
        assert LATEST in fresh.text
        assert LATEST in (system.path / BACKUP).read_text()
        scene.seen += [
            line.strip() for line in drill.stdout.splitlines() if re.search(r" ok +\d|Meanwhile|Restored in", line)
        ]
