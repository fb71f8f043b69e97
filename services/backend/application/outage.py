"""A circuit breaker: while something we depend on is away, requests are refused at once and do not queue up for it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from application.metrics import metrics

TRIAL_INTERVAL = 0.5
"""Seconds from the beginning of an outage, or of a trial, to the next trial. An end is noticed this much late."""


class UnavailableError(RuntimeError):
    """Something we depend on is away. The message is one line that says what and why."""


class Outage:
    """Remembers whether a dependency is away. Safe to share between threads; without a lock while all is well.

    Whoever asks the dependency does so in `with outage.attempt():`, and reports the failures that mean 'it is away'
    (not each broken connection) by `began`. A block that ends without an exception ends the outage too. One that
    raises proves nothing, unless it calls `ended` for an error that is an answer.

    Only the changes are logged and counted, however many requests meet them. Each worker process keeps its own.
    """

    def __init__(self, dependency: str, logger: logging.Logger, clock: Callable[[], float] = monotonic) -> None:
        self._dependency = dependency
        self._logger = logger
        self._clock = clock
        self._changing = Lock()
        self._since: float | None = None
        self._reason = ""
        self._next_trial = 0.0
        self._on_trial = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Let the block ask the dependency, or refuse. During an outage one block at a time is let through as a trial.

        Raises:
            UnavailableError: it is away, and neither is the next trial due nor the last one over. This took no time.
        """
        on_trial = self._since is not None and self._admit()
        try:
            yield
        finally:
            if on_trial:
                self._on_trial = False
        self.ended()

    def began(self, reason: str) -> None:
        """Note that the dependency is away; the first time is logged with its reason, as one line."""
        with self._changing:
            if self._since is None:
                self._since = self._clock()
                self._reason = " ".join(reason.split())
                self._next_trial = self._since + TRIAL_INTERVAL
                metrics().count_outage(self._dependency.removeprefix("the "))
                self._logger.error("%s is unavailable: %s", self._dependency, self._reason)

    def ended(self) -> None:
        """Note that the dependency has answered; the first time after a failure is logged with how long it took."""
        if self._since is None:  # the usual case, which every request passes: no lock
            return
        with self._changing:
            if self._since is not None:
                self._logger.warning("%s is back after %.1f s", self._dependency, self._clock() - self._since)
                self._since = None

    def _admit(self) -> bool:
        """Return whether the caller is the trial; it is none if the outage has just ended."""
        with self._changing:
            if self._since is None:
                return False
            now = self._clock()
            if self._on_trial or now < self._next_trial:
                raise UnavailableError(f"{self._dependency} is unavailable: {self._reason}")
            self._on_trial = True
            self._next_trial = now + TRIAL_INTERVAL
            return True
