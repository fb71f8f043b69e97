"""What `make restore-drill` does: production's rows on this machine are lost, and come back from a backup."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic, sleep

from rehearsal import STATE, RehearsalError
from rehearsal.aws.client import connect
from rehearsal.backup import Content, Master
from rehearsal.commands import Page, page, running
from rehearsal.databases import AUTHORITIES
from rehearsal.machine import DATABASES, Description
from rehearsal.report import print_table
from rehearsal.steps import say, step, total_seconds

DATABASE = "slipway-production"
BACKUP = STATE / "restore-drill.sql"
"""Kept: where the drill is broken off, it is what is left of the rows."""

_REAL = "MariaDB"
_SERVED_SECONDS = 30.0
_LOOK_SECONDS = 0.1


def drill() -> None:
    """Back production's database up, drop what is in it, restore it, compare, and have the page served again.

    Raises:
        RehearsalError: nothing runs, the database is none that can be restored, or a step failed; the backup stays.
    """
    machine = running()
    if machine.database != _REAL:
        raise RehearsalError(f"the database is {machine.database}; a restore is drilled on MariaDB alone")
    master = signed_in(machine)
    release = _served(machine)
    begun = monotonic()
    with step("Backup"):
        held = master.back_up(BACKUP)
    try:
        with step("Loss of all schemas"):
            master.lose()
            meanwhile = see_that_it_is_lost(machine, master)
        with step("Restore"):
            master.restore(BACKUP)
        with step("Rows counted and compared"):
            back = master.content()
            compare(held, back)
        with step("Page through NGINX"):
            _wait_for_page(machine, release)
    except BaseException:
        say(f"\n  The backup is {BACKUP}; make down up begins anew without it.\n")
        raise
    say()
    rows = [(table, f"{before.rows:,}", f"{back[table].rows:,}") for table, before in held.items()]
    print_table([("table", "rows before", "rows after"), *rows])
    size = BACKUP.stat().st_size / 1000
    say(f"""
  Meanwhile    users got {meanwhile}
  Backup       {BACKUP}, {size:,.0f} kB
  In AWS       RDS restores to a new instance, and takes longer: docs/runbook/database-restore.md

  Restored in {monotonic() - begun:.1f} s, {total_seconds():.0f} s in all: every row is back, and the page is served.
""")


def signed_in(machine: Description) -> Master:
    """Return the production database's master, whose password is in Secrets Manager, as in production."""
    aws = connect(machine.aws)
    (instance,) = aws("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    secret = aws("secretsmanager").get_secret_value(SecretId=instance["MasterUserSecret"]["SecretArn"])
    told = json.loads(secret["SecretString"])
    endpoint = instance["Endpoint"]
    authorities = DATABASES.absolute() / AUTHORITIES
    return Master(endpoint["Address"], endpoint["Port"], told["username"], told["password"], authorities)


def see_that_it_is_lost(machine: Description, master: Master) -> Page:
    """Return what users get without the rows: 503, or a copy that says so.

    Raises:
        RehearsalError: there are tables left, or the page hides that the list is lost.
    """
    if left := master.content():
        raise RehearsalError(f"these tables are still there: {', '.join(left)}")
    seen = page(machine, fresh=True)
    if seen.status != HTTPStatus.SERVICE_UNAVAILABLE and not seen.out_of_date:
        raise RehearsalError(f"the database holds nothing, and NGINX answers {seen}: the page is not of this database")
    return seen


def compare(held: Mapping[str, Content], back: Mapping[str, Content]) -> None:
    """Refuse tables that are not as they were.

    Raises:
        RehearsalError: it names each of them.
    """
    wrong = [
        f"  {table}: {held[table].rows if table in held else 'no'} rows before, "
        f"{back[table].rows if table in back else 'none'} after"
        for table in sorted({*held, *back})
        if held.get(table) != back.get(table)
    ]
    if wrong:
        raise RehearsalError("\n".join(["what came back is not what was lost:", *wrong]))


def _served(machine: Description) -> str:
    """Return the release that serves the page.

    Raises:
        RehearsalError: none does, so that a loss could not be told from what is wrong already.
    """
    seen = page(machine, fresh=True)
    if seen.status != HTTPStatus.OK or seen.out_of_date or seen.release is None:
        raise RehearsalError(f"NGINX answers {seen} before anything is lost; `make logs` shows why")
    return seen.release


def _wait_for_page(machine: Description, release: str) -> None:
    deadline = monotonic() + _SERVED_SECONDS
    while (seen := page(machine, fresh=True)) != Page(HTTPStatus.OK, release, out_of_date=False):
        if monotonic() > deadline:
            raise RehearsalError(f"NGINX answers {seen}, not 200 with {release}")
        sleep(_LOOK_SECONDS)
