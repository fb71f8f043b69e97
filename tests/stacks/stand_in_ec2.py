"""As much of EC2 as moving a volume between two hosts takes, in XML over HTTP on this machine."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs

OLD, NEW, VOLUME = "i-0000000000000001", "i-0000000000000002", "vol-0000000000000001"
_AFTERWARDS = {"stopping": "stopped", "pending": "running"}
_KEPT = "<deleteOnTermination>false</deleteOnTermination>"


@dataclass
class Ec2:
    """Two hosts, and a volume that the old one holds; hosts take the time between two looks to stop and to start.

    Attributes:
        holder: the host that the volume is attached to, if any.
        states: the hosts' states.
        calls: the actions that were asked for, in order.
        refused: actions that are answered as if permission lacked.
        torn: whether the volume was detached from a host that had not stopped.
    """

    url: str = ""
    holder: str | None = OLD
    states: dict[str, str] = field(default_factory=lambda: {OLD: "running", NEW: "running"})
    calls: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    torn: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """With which a client finds it."""
        return {
            "AWS_ENDPOINT_URL_EC2": self.url,
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def answer(self, action: str, hosts: list[str]) -> str:
        """Do what is asked with `hosts`, and return the answer's content."""
        match action:
            case "StopInstances" | "StartInstances":
                self.states.update(dict.fromkeys(hosts, "stopping" if action == "StopInstances" else "pending"))
                return f"<instancesSet>{''.join(self._host(host) for host in hosts)}</instancesSet>"
            case "DetachVolume":
                self.torn |= self.states[self.holder or ""] != "stopped"
                self.holder = None
            case "AttachVolume":
                (self.holder,) = hosts
                return f"<volumeId>{VOLUME}</volumeId>"
            case "DescribeInstances":
                answer = "".join(self._host(host) for host in hosts)
                self.states.update({host: _AFTERWARDS.get(state, state) for host, state in self.states.items()})
                return f"<reservationSet><item><instancesSet>{answer}</instancesSet></item></reservationSet>"
            case "DescribeVolumes":
                return f"<volumeSet>{self._volume()}</volumeSet>"
        return ""

    def _host(self, host: str) -> str:
        disk = f"<item><deviceName>/dev/sdf</deviceName><ebs><volumeId>{VOLUME}</volumeId>{_KEPT}</ebs></item>"
        return (
            f"<item><instanceId>{host}</instanceId><instanceState><name>{self.states[host]}</name></instanceState>"
            "<placement><availabilityZone>eu-west-2a</availabilityZone></placement>"
            f"<blockDeviceMapping>{disk if self.holder == host else ''}</blockDeviceMapping></item>"
        )

    def _volume(self) -> str:
        attachment = f"<item><instanceId>{self.holder}</instanceId><status>attached</status></item>"
        return (
            f"<item><volumeId>{VOLUME}</volumeId><status>{'in-use' if self.holder else 'available'}</status>"
            "<createTime>2026-01-01T00:00:00Z</createTime><encrypted>true</encrypted><size>30</size><snapshotId/>"
            "<volumeType>gp3</volumeType>"
            "<availabilityZone>eu-west-2a</availabilityZone><multiAttachEnabled>false</multiAttachEnabled>"
            f"<attachmentSet>{attachment if self.holder else ''}</attachmentSet></item>"
        )


@contextmanager
def serve_ec2() -> Iterator[Ec2]:
    """Serve it on a free port."""
    ec2 = Ec2()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            (action,) = parse_qs(request)["Action"]
            ec2.calls.append(action)
            refused = action in ec2.refused
            content = (
                "<Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors>"
                if refused
                else ec2.answer(action, re.findall(r"\bi-\w+", request))
            )
            body = f"<Response>{content}</Response>".encode()
            self.send_response(403 if refused else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        ec2.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield ec2
        finally:
            server.shutdown()
            thread.join()
