"""Ports for what runs on this machine alone."""

import secrets
import socket
from collections import deque

# Below those that systems hand out to whoever connects (32768 and up on Linux): while a server of ours is down, no
# client's own end of a connection may take its port.
_PORTS = range(20_000, 32_768)

_GIVEN: deque[int] = deque(maxlen=1_000)
"""Those last returned: whoever asked for one may not listen there yet."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, and that stays free while its server is restarted.

    A process is not given the same one twice within its last thousand.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # left over connections do not count
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:  # taken
                continue
        _GIVEN.append(port)
        return port
