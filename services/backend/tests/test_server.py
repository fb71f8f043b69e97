"""How the server listens and stops, piece by piece; that no request is dropped is tested with the service."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from granian import cli
from granian.constants import Interfaces
from granian.server import MPServer

from application import draining, server
from application.config import SettingError
from application.server import DrainingServer, refuse_connections, serve
from tests.service import free_port


@pytest.fixture
def granian() -> Iterator[DrainingServer]:
    granian = DrainingServer("application:app", port=free_port(), interface=Interfaces.WSGI, workers=2)
    yield granian
    for listener in granian.listeners:
        listener.close()


def test_a_worker_and_the_one_that_takes_its_place_have_one_socket(granian: DrainingServer) -> None:
    granian._init_shared_socket()
    assert len({listener.fileno() for listener in granian.listeners}) == 2
    for listener in granian.listeners:
        assert listener.getsockname() == (granian.bind_addr, granian.bind_port)
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        assert not listener.getblocking()
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # which connections inherit
    for index in (0, 1, 0):
        (_, holder), _ = granian._spawn_worker(index, None, None).inner._args[3]
        assert holder.get_fd() == granian.listeners[index].fileno()


def test_a_port_that_is_taken_is_told(granian: DrainingServer) -> None:
    address = (granian.bind_addr, granian.bind_port)
    with (
        socket.create_server(address),
        pytest.raises(SettingError, match=r"^GRANIAN_PORT: cannot listen at .* \(Address already in use\); choose a"),
    ):
        granian._init_shared_socket()


def test_a_path_to_listen_at_is_left_to_granian(tmp_path: Path) -> None:
    granian = DrainingServer("application:app", uds=tmp_path / "socket", interface=Interfaces.WSGI)
    granian._init_shared_socket()
    assert (tmp_path / "socket").is_socket()
    assert granian.listeners == []
    vars(granian)["_sso"].close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's sockets")
def test_new_connections_are_refused_and_the_others_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as early:
        refuse_connections(listener)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(listener.getsockname()).close()
        connection, _ = listener.accept()
        with connection:
            early.sendall(b"a request")
            assert connection.recv(100) == b"a request"
            connection.sendall(b"an answer")
            assert early.recv(100) == b"an answer"


def test_where_linux_is_not_it_stops_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(sys, "platform", "darwin")
        refuse_connections(listener)
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(server, "_SO_BINDTOIFINDEX", 9999)
        refuse_connections(listener)
        socket.create_connection(listener.getsockname(), timeout=5).close()


def test_it_drains_before_it_stops(granian: DrainingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    monkeypatch.setattr(server, "refuse_connections", lambda _: steps.append("refuse"))
    monkeypatch.setattr(draining, "drain", lambda: steps.append("drain"))
    monkeypatch.setattr(MPServer, "shutdown", lambda _, code: steps.append(f"stop with {code}"))
    granian._init_shared_socket()
    granian.shutdown(3)
    assert steps == ["refuse", "refuse", "drain", "stop with 3"]


def test_granians_command_line_makes_our_server(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(cli, "cli", lambda arguments, **_: made.append((arguments, vars(cli)["Server"])))
    serve("application:app")
    assert made == [(["application:app"], DrainingServer)]
    assert vars(cli)["Server"] is MPServer
