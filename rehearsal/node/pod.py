"""One pod, as a kubelet keeps it: started, probed, restarted, and stopped with grace."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from rehearsal import RehearsalError
from rehearsal.node.engine import Engine, Find
from rehearsal.node.probes import Probe, Prober

_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0
"""Seconds before a container is started again; only the first time it happens at once."""

_DEFAULT_GRACE = 30.0


class Pod:
    """A pod with one container, on this machine.

    Attributes:
        manifest: the pod as Kubernetes' API shows it, without its status.
        address: where it answers; None before it runs.
        ready: whether it may be sent requests.
        ready_since: when it became ready, by the monotonic clock.
        terminating: whether it was told to end.
        gone: whether nothing is left of it.
        exit_code: how its container ended, where it is not started again.
    """

    def __init__(
        self,
        manifest: dict[str, Any],
        *,
        engine: Engine,
        found: Find,
        changed: Callable[[], None],
    ) -> None:
        """Describe the pod; `found` holds what it refers to, `changed` is called when its state becomes another."""
        self.manifest = manifest
        self.address: str | None = None
        self.ready = self.terminating = self.gone = self._started = self._running = False
        self.ready_since = 0.0
        self._pid = 0
        self.exit_code: int | None = None
        self._engine, self._found, self._changed = engine, found, changed
        (self._container,) = manifest["spec"]["containers"]
        self._grace = float(manifest["spec"].get("terminationGracePeriodSeconds", _DEFAULT_GRACE))
        self._restarts = 0
        self._state: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}
        self._last_state: dict[str, Any] = {}
        self._probers = {
            kind: Prober(Probe.of(self._container[kind]), target, tell)
            for kind, target, tell in (
                ("startupProbe", lambda: None if self._started else self._asked(), self._on_start_up),
                ("readinessProbe", lambda: self._asked() if self._started else None, self._on_readiness),
                ("livenessProbe", lambda: self._asked() if self._started else None, self._on_liveness),
            )
            if kind in self._container
        }
        self._tasks = {
            asyncio.create_task(self._run()),
            *(asyncio.create_task(p.run()) for p in self._probers.values()),
        }

    @property
    def name(self) -> str:
        """What the pod is called."""
        return str(self.manifest["metadata"]["name"])

    @property
    def labels(self) -> Mapping[str, str]:
        """The pod's labels."""
        labels: Mapping[str, str] = self.manifest["metadata"]["labels"]
        return labels

    def kill(self) -> None:
        """End the container's first process at once, and with it all others there."""
        if self._running:
            os.kill(self._pid, signal.SIGKILL)

    async def terminate(self) -> None:
        """Take the pod from its Services, have it finish what it has begun, and remove it."""
        if self.terminating:
            return
        self.terminating = True
        self._changed()
        with suppress(RehearsalError):  # one that never started
            await self._stop(self._grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.remove(self.name)
        self.gone = True
        self._changed()

    async def logs(self, lines: int) -> str:
        """Return the last lines of what the container has said."""
        return await self._engine.logs(self.name, lines)

    def as_object(self) -> dict[str, Any]:
        """Return the pod as Kubernetes' API shows it."""
        container = {
            "name": self._container["name"],
            "image": self._container["image"],
            "ready": self.ready,
            "started": self._started,
            "restartCount": self._restarts,
            "state": self._state,
            "lastState": self._last_state,
        }
        gone = {"deletionTimestamp": datetime.now(UTC).isoformat()} if self.terminating else {}
        ready = {"type": "Ready", "status": str(self.ready)}
        status = {"podIP": self.address or "", "conditions": [ready], "containerStatuses": [container]}
        return {**self.manifest, "metadata": {**self.manifest["metadata"], **gone}, "status": status}

    async def _run(self) -> None:
        """Start the container and, where its policy says so, start it again each time that it ends."""
        back_off = 0.0
        try:
            await self._engine.start(self.manifest, self._found)
        except RehearsalError as error:
            self._show({"waiting": {"reason": "CreateContainerError", "message": str(error)}})
            return
        while True:
            self._pid, self.address = await self._engine.running(self.name)
            self._running, self._started = True, "startupProbe" not in self._container
            for prober in self._probers.values():
                prober.reset()
            self._set_ready("readinessProbe" not in self._container and self._started)
            self._show({"running": {}})
            code = await self._engine.exit_code(self.name)
            self._running = self._started = False
            self._set_ready(False)
            reason = "Completed" if code == 0 else "Error"
            message = await self._engine.logs(self.name) if code else ""
            self._last_state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
            self._show(self._last_state)
            if self.terminating or self.manifest["spec"].get("restartPolicy", "Always") == "Never":
                self.exit_code = code
                self._changed()
                return
            if back_off:
                self._show({"waiting": {"reason": "CrashLoopBackOff"}})
                await asyncio.sleep(back_off)
            back_off = min(max(_FIRST_BACK_OFF, back_off * 2), _LONGEST_BACK_OFF)
            self._restarts += 1
            await self._engine.restart(self.name)

    async def _stop(self, grace: float) -> None:
        """Stop the container as it asks for: its preStop first, then the signal; both within `grace` seconds."""
        if not self._running:
            return
        begun = monotonic()
        hook = self._container.get("lifecycle", {}).get("preStop", {}).get("exec")
        if hook:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._engine.execute(self.name, hook["command"]), grace)
        await self._engine.stop(self.name, grace - (monotonic() - begun))

    def _asked(self) -> str | None:
        return self.address if self._running else None

    def _on_start_up(self, well: bool) -> None:
        if not well:
            self._replace_container("startupProbe")
            return
        self._started = True
        if "readinessProbe" in self._probers:
            self._probers["readinessProbe"].ask_now()
        else:
            self._set_ready(True)

    def _on_readiness(self, well: bool) -> None:
        self._set_ready(well and self._started)

    def _on_liveness(self, well: bool) -> None:
        if not well:
            self._replace_container("livenessProbe")

    def _replace_container(self, probe: str) -> None:
        """Stop the container within the probe's grace or the pod's, whereupon it is started again."""
        if not self.terminating:
            grace = self._container[probe].get("terminationGracePeriodSeconds", self._grace)
            self._tasks.add(asyncio.create_task(self._stop(float(grace))))

    def _set_ready(self, ready: bool) -> None:
        if ready != self.ready:
            self.ready, self.ready_since = ready, monotonic()
            self._changed()

    def _show(self, state: dict[str, Any]) -> None:
        self._state = state
        self._changed()
