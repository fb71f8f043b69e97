"""The server: Granian, made to stop without dropping a request.

It builds on methods of Granian's server that are not public. Granian is pinned, and the suite stops it under load.
"""

import socket
import sys
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from granian import cli
from granian._granian import SocketHolder
from granian.server import MPServer
from granian.server.mp import WorkerProcess

from application import draining
from application.access_log import JsonHandler
from application.config import SettingError

_SO_BINDTOIFINDEX = 62
"""Linux's option, which Python 3.11 does not name."""

_NOWHERE = 0x7FFFFFFF
"""The index of a network interface that no machine has."""

# What Granian tells is lines of JSON, like all else in the log.
_LOGGING = {
    "handlers": {"json": {"class": f"{JsonHandler.__module__}.{JsonHandler.__name__}"}},
    "loggers": {"_granian": {"handlers": ["json"], "propagate": False}},
}


class DrainingServer(MPServer):
    """Granian's server with listening sockets that outlive its workers, and a stop that drains first.

    Granian has each worker open a socket of its own, among which the kernel spreads new connections evenly, and resets
    those that wait in it when its worker dies. Here they are opened before the workers, so that the one that takes a
    dead one's place accepts what waits.

    Attributes:
        listeners: the listening socket of each worker; none where Granian listens at a path.
    """

    def __init__(self, target: str, **options: Any) -> None:
        super().__init__(target, **{**options, "log_dictconfig": options.get("log_dictconfig") or _LOGGING})
        self.listeners: list[socket.socket] = []

    def _init_shared_socket(self) -> None:
        if self.bind_uds:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]  # Granian has no types here
            return
        self._sso = None  # what Granian would have all workers share
        try:
            self._listen(reuse_port=False).close()  # the others would share the port with another service's
            self.listeners = [self._listen(reuse_port=True) for _ in range(self.workers)]
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]  # without the address once more
            raise SettingError(
                f"GRANIAN_PORT: cannot listen at {self.bind_addr}:{self.bind_port} ({reason}); choose a free one"
            ) from error

    def _listen(self, *, reuse_port: bool) -> socket.socket:
        address, family = (self.bind_addr, self.bind_port), socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        listener = socket.create_server(address, family=family, backlog=self.backlog, reuse_port=reuse_port)
        # Connections inherit it. Without it, an answer in two pieces may wait 40 ms for the first to be confirmed.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setblocking(False)
        return listener

    def _spawn_worker(self, idx: int, *arguments: Any, **options: Any) -> WorkerProcess:
        if self.listeners:
            fd, is_uds = self.listeners[idx].fileno(), False
            self._shd = SocketHolder(fd, is_uds, self.backlog)  # type: ignore[call-arg, assignment]  # not in its stub
        return super()._spawn_worker(idx, *arguments, **options)

    def shutdown(self, exit_code: int = 0) -> None:
        """Drain, then stop the workers, which end what they have begun."""
        for listener in self.listeners:
            refuse_connections(listener)
        draining.drain()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]  # Granian has no types here


def refuse_connections(listener: socket.socket) -> None:
    """Have the kernel refuse new connections from now on; those that it has accepted are served.

    A client that is refused has sent nothing yet, and asks whoever else serves. Were connections taken until the
    listener closes, the last ones would be reset with their requests. The listener is bound to an interface from which
    nothing comes: that takes no privilege, as a packet filter does since Linux's commit 5d39580f68e6. Linux only.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError):  # a kernel older than 5.7
        listener.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NOWHERE)


def serve(target: str) -> None:
    """Serve until told to stop, as the variables GRANIAN_… say.

    Raises:
        SettingError: it cannot listen where they say.
        SystemExit: the server has ended.
    """
    with patch.object(cli, "Server", DrainingServer):
        cli.cli([target], auto_envvar_prefix="GRANIAN")
