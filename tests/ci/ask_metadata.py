"""Loads firewall rules, and says which user reaches which address: run as root in a network namespace of its own.

    unshare --net python ask_metadata.py RULES ADDRESS… -- USER…

Prints JSON: for every user, the addresses that took a connection on port 80.
"""

import json
import os
import pwd
import socket
import subprocess
import sys


def family(address: str) -> socket.AddressFamily:
    """Return the address family of `address`."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listen(address: str) -> socket.socket:
    """Give this machine `address`, at once its own as nobody else can have it here, and listen there."""
    own = [f"{address}/128", "nodad"] if ":" in address else [f"{address}/32"]
    subprocess.run(["ip", "address", "add", *own, "dev", "lo"], check=True)
    return socket.create_server((address, 80), family=family(address))


def reaches(user: str, address: str) -> bool:
    """Try to connect to `address` as `user`, in a process of its own."""
    child = os.fork()
    if child == 0:
        os.setuid(pwd.getpwnam(user).pw_uid)
        with socket.socket(family(address)) as client:
            client.settimeout(5)
            os._exit(client.connect_ex((address, 80)) != 0)
    return os.waitpid(child, 0)[1] == 0


def main(rules: str, *rest: str) -> None:
    """Load `rules` twice, as a reload does, and print who reaches what."""
    split = rest.index("--")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    servers = {address: listen(address) for address in rest[:split]}
    for _ in range(2):
        subprocess.run(["nft", "--file", rules], check=True)
    reached = {user: [address for address in servers if reaches(user, address)] for user in rest[split + 1 :]}
    sys.stdout.write(json.dumps(reached))


main(*sys.argv[1:])
