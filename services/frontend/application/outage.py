"""One line in the log when something we depend on goes away, and one when it is back."""

import logging
from threading import Lock
from time import monotonic


class Outage:
    """Remembers whether a dependency is away, and logs the changes alone, however many requests meet it.

    Each worker process keeps and logs its own.
    """

    def __init__(self, dependency: str, logger: logging.Logger) -> None:
        self._dependency = dependency
        self._logger = logger
        self._since: float | None = None
        self._changing = Lock()

    def began(self, reason: str) -> None:
        """Note a failure; the first one is logged with its reason, as one line."""
        with self._changing:
            if self._since is None:
                self._since = monotonic()
                self._logger.error("%s is unavailable: %s", self._dependency, " ".join(reason.split()))

    def ended(self) -> None:
        """Note a success; the first one after a failure is logged with how long it took."""
        if self._since is None:  # the usual case, which every request passes: no lock
            return
        with self._changing:
            if self._since is not None:
                self._logger.warning("%s is back after %.1f s", self._dependency, monotonic() - self._since)
                self._since = None
