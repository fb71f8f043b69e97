"""Ports for what runs on this machine alone."""

import secrets
import socket

# Below those that systems hand out to whoever connects (32768 and up on Linux): while a server of ours is down, no
# client's own end of a connection may take its port.
_PORTS = range(20_000, 32_768)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, and that stays free while its server is restarted."""
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # left over connections do not count
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:  # taken
                continue
        return port
