"""Drop the schema of a test run, and what the service's account was granted on it.

ci/test runs this inside the backend's image, whose settings name account and schema in DATABASE_URI and the master in
DATABASE_ADMIN_SECRET. Only a schema whose name begins with `test_` is dropped; that it is gone already is success.
"""

import os
import sys
from dataclasses import replace

from sqlalchemy import make_url, text

from application import app
from application.engine import make_engine
from application.master import sign_in_as_master

account = make_url(os.environ["DATABASE_URI"]).username
master = sign_in_as_master(app, os.environ["DATABASE_ADMIN_SECRET"])
schema = master.uri.database or ""
if not schema.startswith("test_"):
    sys.exit(f"{schema} is not the schema of a test run (test_…), so it is not dropped")

# Signed in without a schema, since this one may be gone. A privilege outlives its schema, and names it as a pattern,
# in which `_` stands escaped.
engine = make_engine(replace(master, uri=master.uri.set(database="")))
quote = engine.dialect.identifier_preparer.quote_identifier
granted = {"pattern": schema.replace("_", r"\_"), "account": account}
with engine.begin() as connection:
    connection.execute(text(f"DROP DATABASE IF EXISTS {quote(schema)}"))
    if connection.scalar(text("SELECT 1 FROM mysql.db WHERE Db = :pattern AND User = :account"), granted):
        connection.execute(text(f"REVOKE ALL PRIVILEGES ON {quote(granted['pattern'])}.* FROM :account@'%'"), granted)
