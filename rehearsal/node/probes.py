"""Probes, asked as a kubelet asks them: by their periods, thresholds and time-outs."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import urllib3

_HEADERS = {"Connection": "close", "User-Agent": "kube-probe/1.36"}
"""What a kubelet says; services tell its questions from users' by the second."""


@dataclass(frozen=True)
class Probe:
    """A question over HTTP, with Kubernetes' defaults."""

    path: str
    port: int
    period: float = 10
    timeout: float = 1
    failures: int = 3
    successes: int = 1

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Probe":
        """Return the probe that a container's manifest describes; `httpGet` is the only kind that is known."""
        get = manifest["httpGet"]
        return cls(
            path=get["path"],
            port=get["port"],
            period=manifest.get("periodSeconds", cls.period),
            timeout=manifest.get("timeoutSeconds", cls.timeout),
            failures=manifest.get("failureThreshold", cls.failures),
            successes=manifest.get("successThreshold", cls.successes),
        )

    async def ask(self, address: str) -> bool:
        """Return whether the pod at `address` answers well: with a status from 200 to 399."""
        try:
            status = await asyncio.to_thread(self._status, address)
        except urllib3.exceptions.HTTPError:
            return False
        return HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST

    def _status(self, address: str) -> int:
        with urllib3.HTTPConnectionPool(address, self.port, timeout=self.timeout, retries=False) as connection:
            return connection.request("GET", self.path, headers=_HEADERS, redirect=False).status


class Prober:
    """Asks one probe of one pod for as long as the pod lives.

    Questions come at a fixed beat from the pod's beginning, whatever happens to its container: one that has just
    started is asked at the next beat.
    """

    def __init__(self, probe: Probe, target: Callable[[], str | None], tell: Callable[[bool], None]) -> None:
        """Describe what is asked.

        Args:
            probe: the question.
            target: returns the address to ask, None while there is nothing to ask.
            tell: is called with the verdict each time that a threshold is reached.
        """
        self._probe, self._target, self._tell = probe, target, tell
        self._now = asyncio.Event()
        self._last, self._in_a_row = False, 0

    def reset(self) -> None:
        """Forget earlier answers: the container is another one."""
        self._in_a_row = 0

    def ask_now(self) -> None:
        """Ask at once, and go on with the beat from here."""
        self._now.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            address = self._target()
            if address is not None:
                self._count(await self._probe.ask(address))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._now.wait(), self._probe.period)
            self._now.clear()

    def _count(self, well: bool) -> None:
        self._in_a_row = self._in_a_row + 1 if well == self._last else 1
        self._last = well
        if self._in_a_row >= (self._probe.successes if well else self._probe.failures):
            self._tell(well)
