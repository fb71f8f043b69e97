"""Ports that are given out do not meet."""

from rehearsal.ports import free_port


def test_no_port_is_given_twice_while_its_server_has_still_to_start() -> None:
    given = [free_port() for _ in range(500)]
    assert len(set(given)) == len(given)
