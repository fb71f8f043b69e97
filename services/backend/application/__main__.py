"""Serve the API: `python -m application`.

The server is Granian, and every option of it is a variable, `GRANIAN_HOST`, `GRANIAN_PORT` and so on; metrics are
served beside it, at `METRICS_PORT`. The application is imported here, before the workers are forked: they start at
once, share its memory, and settings that cannot work stop the service with one line.
"""

import os
import sys

from application import app, iam, metrics, server
from application.config import SettingError
from application.database import db
from application.engine import POOL_SIZE

DEFAULTS = {
    "GRANIAN_HOST": "127.0.0.1",
    "GRANIAN_PORT": "5001",
    "GRANIAN_INTERFACE": "wsgi",
    "GRANIAN_WEBSOCKETS": "false",
    "GRANIAN_WORKERS": "2",
    "GRANIAN_BLOCKING_THREADS": str(POOL_SIZE),
    "GRANIAN_RESPAWN_FAILED_WORKERS": "true",
    # Seconds that a request in flight gets to end. Without it a worker that misses the signal is waited for for ever.
    "GRANIAN_WORKERS_KILL_TIMEOUT": "10",
}
"""What this service chooses where the environment does not."""


def main() -> None:
    """Check the settings, then serve until told to stop.

    Raises:
        SystemExit: a setting cannot work (its message says which), or the server has ended.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        with app.app_context():
            _ = db.engine
            if (region := db.settings.region) is not None:
                iam.warm_up(region)
        with metrics.served(os.environ["GRANIAN_HOST"], metrics.port_from(os.environ)):
            server.serve("application:app")
    except SettingError as error:
        sys.exit(f"backend: {error}")


if __name__ == "__main__":
    main()
